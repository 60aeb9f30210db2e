"""The dialogue of an awaited call with its caller: each answer is a task of the caller, until the call's next event."""

from __future__ import annotations

from asyncio import FIRST_COMPLETED, Future, Task, get_running_loop, wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._native import Bridge, Question
    from .answers import Answers, Failure


async def outcome_of(bridge: Bridge, number: int, event: Any, answers: Answers) -> Any:
    """The result of a call whose first event is a question: answers it, and those that follow it."""
    while event.__class__ is tuple:
        event = await _next_event(bridge, number, *event, answers)
    return event


async def _next_event(bridge: Bridge, number: int, question: Question, following: Future[Any], answers: Answers) -> Any:
    try:
        answering = answers.awaited(question)
        if answering is None or isinstance(answering, tuple):
            _note(bridge, number, answering)
            return await following
        task = get_running_loop().create_task(_until_replied(question, answering))
        try:
            await wait((task, following), return_when=FIRST_COMPLETED)
        except BaseException:
            await _end(task)
            raise
        if task.done():
            # What ends more than the call, such as a cancellation of the user's own, is raised here.
            _note(bridge, number, task.result())
            return await following
        # The call went on without the reply, or ended before it.
        if question.kind == "credentials":
            # They are of use to the next calls.
            bridge.tasks.add(task)
            task.add_done_callback(bridge.tasks.discard)
        else:
            await _end(task)
        return following.result()
    except BaseException:
        question.abandon()
        if not following.cancel() and not following.cancelled():
            following.exception()  # so that it counts as seen
        raise


async def _until_replied(question: Question, answering: Any) -> Failure | None:
    try:
        return await answering
    finally:
        # Not when its frame goes, which a traceback may keep: others may wait for the reply.
        question.abandon()


def _note(bridge: Bridge, number: int, failure: Failure | None) -> None:
    if failure is not None:
        bridge.note_failure(number, *failure)


async def _end(task: Task[Any]) -> None:
    """Cancels the task and waits for its end, so that nothing of the call goes on after it."""
    task.cancel()
    await wait((task,))
    if not task.cancelled():
        task.exception()
