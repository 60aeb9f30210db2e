"""The dialogue of an awaited call with its caller: each answer is a task of the caller, until the call's next event."""

from __future__ import annotations

from asyncio import FIRST_COMPLETED, Future, Task, get_running_loop, wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable

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
        if isinstance(answering, tuple):
            bridge.fail(number, question, *answering)
        elif answering is not None:
            await _answered(bridge, number, question, following, answering)
        return await following
    except BaseException:
        # The call is over: by its outcome, or for whoever waits for it.
        if not following.cancel() and not following.cancelled():
            following.exception()  # so that it counts as seen
        raise


async def _answered(
    bridge: Bridge, number: int, question: Question, following: Future[Any], answering: Awaitable[Failure | None]
) -> None:
    """Runs the answer as a task, until it is given or the call's next event overtakes it."""
    task = get_running_loop().create_task(_until_replied(bridge, number, question, answering))
    try:
        await wait((task, following), return_when=FIRST_COMPLETED)
    except BaseException:
        await _end(task, question)
        raise
    if task.done():
        # What ends more than the call, such as a cancellation of the user's own, is raised here.
        task.result()
    elif question.kind == "credentials":
        # They are of use to the next calls.
        bridge.tasks.add(task)
        task.add_done_callback(bridge.tasks.discard)
    else:
        await _end(task, question)


async def _until_replied(bridge: Bridge, number: int, question: Question, answering: Awaitable[Failure | None]) -> None:
    try:
        failure = await answering
        if failure is not None:
            bridge.fail(number, question, *failure)
    finally:
        # Not when its frame goes, which a traceback may keep: others may wait for the reply.
        question.abandon()


async def _end(task: Task[Any], question: Question) -> None:
    """Cancels the task and waits for its end, so that nothing of the call goes on after it."""
    task.cancel()
    await wait((task,))
    question.abandon()  # one that was cancelled before it began has not done so
    if not task.cancelled():
        task.exception()
