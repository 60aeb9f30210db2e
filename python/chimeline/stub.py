"""Responses in place of a service's, for tests, by the names and rules of ``botocore.stub``.

::

    client = chimeline.client("chime-sdk-meetings", region_name="us-east-1")
    with Stubber(client) as stubber:
        stubber.add_response("delete_meeting", {}, expected_params={"MeetingId": ANY})
        await client.delete_meeting(MeetingId="a2cb8d0c-1e8b-4b0c-9e0a-0e8a4a2b1a11")
        stubber.assert_no_pending_responses()

Nothing is sent, and no credentials are needed. A client of either kind, awaited or blocking, can be stubbed.
"""

from __future__ import annotations

from collections import deque
from pprint import pformat
from typing import TYPE_CHECKING, Any

from ._events.request import HTTPResponse
from ._generated.errors import ParamValidationError, StubAssertionError, StubResponseError, UnStubbedResponseError
from ._native import validate_error, validate_output
from ._typing import Self

if TYPE_CHECKING:
    from ._client import BaseClient
    from ._client.model import OperationModel

__all__ = ["ANY", "Stubber"]


class _Any:
    """Equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "<ANY>"


ANY: Any = _Any()
"""Stands for a parameter of any value in ``expected_params``."""


class Stubber:
    """Gives a client the responses that were queued, in their order, in place of the service's."""

    def __init__(self, client: BaseClient) -> None:
        self.client = client
        self._queue: deque[_Queued] = deque()
        # By these a client is stubbed once, however often it is activated; botocore's names.
        self._params_id, self._response_id = "boto_stubber_expected_params", "boto_stubber"

    def activate(self) -> None:
        """Has the client's calls take the queued responses."""
        events = self.client.meta.events
        events.register_first("before-parameter-build.*.*", self._assert_expected_params, unique_id=self._params_id)
        events.register("before-call.*.*", self._next_response, unique_id=self._response_id)

    def deactivate(self) -> None:
        """Has the client's calls go to the service again."""
        events = self.client.meta.events
        events.unregister("before-parameter-build.*.*", self._assert_expected_params, unique_id=self._params_id)
        events.unregister("before-call.*.*", self._next_response, unique_id=self._response_id)

    def __enter__(self) -> Self:
        self.activate()
        return self

    def __exit__(self, *exc: object) -> None:
        self.deactivate()

    def add_response(self, method: str, service_response: dict[str, Any], expected_params: dict[str, Any] | None = None) -> None:
        """Queues the response of a method.

        method: the method of the client, such as ``create_meeting``.
        service_response: what the call returns; it must be what the service's model allows.
        expected_params: the parameters that the call must have, if any are expected; ``ANY`` for a value that does not matter.

        Raises :class:`chimeline.exceptions.ParamValidationError` for a response that the service cannot give.
        """
        operation = self.client.meta.method_to_api_mapping.get(method)
        if operation is None:
            raise ValueError(f"Client {self.client.meta.service_name} does not have method: {method}")
        response: Any = service_response
        if "ResponseMetadata" in response:
            response = {name: value for name, value in service_response.items() if name != "ResponseMetadata"}
        model = self.client.meta.service_model.operation_model(operation)
        if model.output_shape is not None:
            validate_output(self.client.meta.service_name, operation, response)
        elif response:
            raise ParamValidationError(report="Service response should only contain ResponseMetadata.")
        self._queue.append(_Queued(operation, 200, service_response, expected_params))

    def add_client_error(
        self,
        method: str,
        service_error_code: str = "",
        service_message: str = "",
        http_status_code: int = 400,
        service_error_meta: dict[str, Any] | None = None,
        expected_params: dict[str, Any] | None = None,
        response_meta: dict[str, Any] | None = None,
        modeled_fields: dict[str, Any] | None = None,
    ) -> None:
        """Queues an error of the service.

        service_error_code, service_message, http_status_code: what the service responds with.
        service_error_meta: further members of ``response["Error"]``; response_meta: of ``response["ResponseMetadata"]``.
        modeled_fields: the error's own members, which must be those of the model.
        """
        operation = self.client.meta.method_to_api_mapping.get(method)
        if operation is None:
            raise ValueError(f"Client {self.client.meta.service_name} does not have method: {method}")
        parsed: dict[str, Any] = {
            "ResponseMetadata": {"HTTPStatusCode": http_status_code, **(response_meta or {})},
            "Error": {"Message": service_message, "Code": service_error_code, **(service_error_meta or {})},
        }
        if modeled_fields is not None:
            if self.client.meta.service_model.shape_for_error_code(service_error_code) is not None:
                validate_error(self.client.meta.service_name, service_error_code, modeled_fields)
            elif modeled_fields:
                raise ParamValidationError(report="Service response should only contain ResponseMetadata.")
            parsed.update(modeled_fields)
        self._queue.append(_Queued(operation, http_status_code, parsed, expected_params))

    def assert_no_pending_responses(self) -> None:
        """Raises AssertionError where responses are left over."""
        if self._queue:
            raise AssertionError(f"{len(self._queue)} responses remaining in queue.")

    def _assert_expected_order(self, model: OperationModel) -> None:
        if not self._queue:
            raise UnStubbedResponseError(
                operation_name=model.name,
                reason="Unexpected API Call: A call was made but no additional calls expected. "
                "Either the API Call was not stubbed or it was called multiple times.",
            )
        name = self._queue[0].operation_name
        if name != model.name:
            raise StubResponseError(operation_name=model.name, reason=f"Operation mismatch: found response for {name}.")

    def _assert_expected_params(self, model: OperationModel, params: dict[str, Any], **_: Any) -> None:
        self._assert_expected_order(model)
        expected = self._queue[0].expected_params
        if expected is None:
            return
        # One by one, for ANY equals what it stands for only from its own side.
        same = sorted(expected) == sorted(params) and all(value == params[name] for name, value in expected.items())
        if not same:
            raise StubAssertionError(
                operation_name=model.name,
                reason=f"Expected parameters:\n{pformat(expected)},\nbut received:\n{pformat(params)}",
            )

    def _next_response(self, model: OperationModel, **_: Any) -> tuple[HTTPResponse, dict[str, Any]]:
        self._assert_expected_order(model)
        queued = self._queue.popleft()
        return HTTPResponse(queued.status_code, {}), queued.parsed


class _Queued:
    """A response that waits for its call."""

    def __init__(
        self, operation_name: str, status_code: int, parsed: dict[str, Any], expected_params: dict[str, Any] | None
    ) -> None:
        self.operation_name = operation_name
        self.status_code = status_code
        self.parsed = parsed
        self.expected_params = expected_params
