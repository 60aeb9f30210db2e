"""A service's operations and shapes, read from the native module's schema tables, by the names of ``botocore.model``."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from .._generated.errors import OperationNotFoundError
from .._native import service_model

_SERIALIZATION = ("locationName", "location", "timestampFormat")
_METADATA = ("required", "min", "max", "pattern", "sensitive", "enum", "idempotencyToken", "error", "exception")


class Shape:
    """A shape: what a value may be."""

    def __init__(self, name: str, facts: dict[str, Any], model: ServiceModel) -> None:
        self.name = name
        self.type_name: str = facts["type"]
        """``structure``, ``list``, ``map``, ``string``, ``integer``, ``boolean`` or ``timestamp``."""
        self.documentation = ""
        self._facts = facts
        self._model = model

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """Its constraints: ``required``, ``min``, ``max``, ``pattern``, ``enum``, ``sensitive``, as far as it has such."""
        return {name: self._facts[name] for name in _METADATA if name in self._facts}

    @cached_property
    def serialization(self) -> dict[str, Any]:
        """Where it stands in a request: ``location`` and ``name``, where it does not stand in the body."""
        found = {name: self._facts[name] for name in _SERIALIZATION if name in self._facts}
        if "locationName" in found:
            found["name"] = found.pop("locationName")
        return found

    @property
    def required_members(self) -> list[str]:
        """The members that must be there."""
        return self.metadata.get("required", [])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.name})>"


class StructureShape(Shape):
    """Named members."""

    @cached_property
    def members(self) -> dict[str, Shape]:
        """The members' shapes, in the model's order."""
        return {name: self._model.resolve_shape_ref(reference) for name, reference in self._facts["members"].items()}

    @property
    def error_code(self) -> str | None:
        """The code of an error; ``None`` for what is no error."""
        return self.name if self.metadata.get("exception") else None


class ListShape(Shape):
    """A list of one shape."""

    @cached_property
    def member(self) -> Shape:
        """The items' shape."""
        return self._model.resolve_shape_ref(self._facts["member"])


class MapShape(Shape):
    """A map of strings to one shape."""

    @cached_property
    def key(self) -> Shape:
        """The keys' shape."""
        return self._model.resolve_shape_ref(self._facts["key"])

    @cached_property
    def value(self) -> Shape:
        """The values' shape."""
        return self._model.resolve_shape_ref(self._facts["value"])


class StringShape(Shape):
    """Text."""

    @property
    def enum(self) -> list[str]:
        """The allowed values; empty for free text."""
        return self.metadata.get("enum", [])


_CLASSES = {"structure": StructureShape, "list": ListShape, "map": MapShape, "string": StringShape}


class OperationModel:
    """An operation: its HTTP binding and the shapes of its input and output."""

    def __init__(self, facts: dict[str, Any], model: ServiceModel) -> None:
        self.name: str = facts["name"]
        self.wire_name = self.name
        self.service_model = model
        self.metadata = model.metadata
        self.http: dict[str, Any] = facts["http"]
        """``method``, ``requestUri`` and ``responseCode``."""
        self.documentation = ""
        self._facts = facts

    @cached_property
    def input_shape(self) -> StructureShape:
        """What the caller gives."""
        return self.service_model.resolve_shape_ref(self._facts["input"])

    @cached_property
    def output_shape(self) -> StructureShape | None:
        """What the service responds with; ``None`` for a response without a body."""
        return self.service_model.resolve_shape_ref(self._facts["output"]) if "output" in self._facts else None

    @property
    def idempotent_members(self) -> list[str]:
        """The members that get a fresh token when the caller leaves them out."""
        return [name for name, shape in self.input_shape.members.items() if shape.metadata.get("idempotencyToken")]

    has_event_stream_input = has_event_stream_output = has_streaming_input = has_streaming_output = False

    def __repr__(self) -> str:
        return f"OperationModel(name={self.name})"


class ServiceId(str):
    """AWS's service id."""

    __slots__ = ()

    def hyphenize(self) -> str:
        """As it stands in the names of events: ``chime-sdk-meetings``."""
        return self.lower().replace(" ", "-")


class ServiceModel:
    """A service's operations, shapes and errors."""

    def __init__(self, service_name: str) -> None:
        facts = service_model(service_name)
        self.service_name = service_name
        self.metadata: dict[str, str] = facts["metadata"]
        self.documentation = ""
        self.service_id = ServiceId(self.metadata["serviceId"])
        self.signing_name = self.metadata["signingName"]
        self.endpoint_prefix = self.metadata["endpointPrefix"]
        self.api_version = self.metadata["apiVersion"]
        self.protocol = self.resolved_protocol = self.metadata["protocol"]
        self.signature_version = self.metadata["signatureVersion"]
        self.operation_names: list[str] = list(facts["operations"])
        self.shape_names: list[str] = list(facts["shapes"])
        self._operations: dict[str, Any] = facts["operations"]
        self._shapes: dict[str, Any] = facts["shapes"]
        self._made: dict[str, OperationModel] = {}

    def operation_model(self, operation_name: str) -> OperationModel:
        """The operation of that name, such as ``CreateMeeting``."""
        made = self._made.get(operation_name)
        if made is None:
            if operation_name not in self._operations:
                raise OperationNotFoundError(operation_name)
            made = self._made[operation_name] = OperationModel(self._operations[operation_name], self)
        return made

    def shape_for(self, shape_name: str, member_traits: dict[str, Any] | None = None) -> Any:
        """The shape of that name, with what a member adds to it."""
        if shape_name not in self._shapes:
            raise KeyError(f"{self.service_name} has no shape {shape_name!r}")
        facts = self._shapes[shape_name]
        if member_traits:
            facts = {**facts, **member_traits}
        return _CLASSES.get(facts["type"], Shape)(shape_name, facts, self)

    def resolve_shape_ref(self, shape_ref: dict[str, Any]) -> Any:
        """The shape of a reference such as ``{"shape": "Arn"}``."""
        traits = dict(shape_ref)
        return self.shape_for(traits.pop("shape"), traits)

    @cached_property
    def error_shapes(self) -> list[StructureShape]:
        """The service's errors."""
        return [self.shape_for(name) for name, facts in self._shapes.items() if facts.get("exception")]

    def shape_for_error_code(self, error_code: str) -> StructureShape | None:
        """The error of that code, if the model has it."""
        return next((shape for shape in self.error_shapes if shape.error_code == error_code), None)

    def __repr__(self) -> str:
        return f"ServiceModel({self.service_name})"


@cache
def model_of(service_name: str) -> ServiceModel:
    """The model of a service, read once."""
    return ServiceModel(service_name)
