"use strict";
// The dialogue of a call under way with its caller. What the call asks is answered in the continuation of the caller's own `await`,
// so that AsyncLocalStorage is the caller's, and nothing of the user's runs where outcomes are handed out.

/** The second part of a record that is a question. */
const QUESTION = "question";

/** The record of the outcome of a call whose first record is a question: answers that one and those that follow it. */
async function settled(bridge, first, answers) {
  let record = first;
  while (record[1] === QUESTION) {
    const question = record[2];
    const answering = { isOver: false };
    answer(bridge, question, answers, answering);
    record = await record.following;
    // The call went on without the answer, or ended before it. Credentials are of use to the next calls.
    if (!answering.isOver && question.kind !== "credentials") {
      answering.isOver = true;
      bridge.answer(question.id, null);
    }
  }
  return record;
}

/** Answers a question; it neither throws nor rejects. */
async function answer(bridge, question, answers, answering) {
  let reply;
  try {
    const { body, ...given } = await answers.answer(question, () => bridge.askedBody(question.id) ?? Buffer.alloc(0));
    reply = [JSON.stringify(given), body];
    if (answering.isOver) return;
    try {
      bridge.answer(question.id, ...reply);
    } catch (error) {
      throw answers.refused(JSON.parse(error.message));
    }
  } catch (error) {
    if (answering.isOver) return;
    const message = answers.failed(question, error);
    bridge.answer(question.id, JSON.stringify({ kind: "failed", message }));
  }
  answering.isOver = true;
}

module.exports = { QUESTION, settled };
