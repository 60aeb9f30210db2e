"""The options of a client beyond its service and region."""

from __future__ import annotations

from ._generated.config_options import DEFAULTS, NATIVE, ConfigOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing_extensions as t

    from ._generated import errors
else:
    from ._lazy import errors, t

# botocore's options that say nothing to these services: no S3, no compression, one signature, one host.
_WITHOUT_EFFECT = frozenset({
    "account_id_endpoint_mode",
    "auth_scheme_preference",
    "client_context_params",
    "disable_request_compression",
    "endpoint_discovery_enabled",
    "inject_host_prefix",
    "request_checksum_calculation",
    "request_min_compression_size_bytes",
    "response_checksum_validation",
    "s3",
    "s3_disable_express_session_auth",
    "sigv4a_signing_region_set",
})  # fmt: skip


class Unsigned:
    """The type of :data:`UNSIGNED`, of which there is one."""

    def __copy__(self) -> Unsigned:
        return self

    def __deepcopy__(self, memo: object) -> Unsigned:
        return self

    def __reduce__(self) -> str:
        return "UNSIGNED"

    def __repr__(self) -> str:
        return "chimeline.UNSIGNED"


UNSIGNED = Unsigned()
"""As the ``signature_version`` of a Config: requests go without a signature, and no credentials are looked for."""


def _is_unsigned(value: t.Any) -> bool:
    return value is UNSIGNED or (type(value).__module__ == "botocore" and type(value).__name__ == "UNSIGNED")


# The order in which botocore takes its options by position.
_POSITIONAL = (
    "region_name",
    "signature_version",
    "user_agent",
    "user_agent_extra",
    "user_agent_appid",
    "connect_timeout",
    "read_timeout",
    "parameter_validation",
    "max_pool_connections",
    "proxies",
    "proxies_config",
    "s3",
    "s3_disable_express_session_auth",
    "retries",
    "client_cert",
    "inject_host_prefix",
    "endpoint_discovery_enabled",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "ignore_configured_endpoint_urls",
    "defaults_mode",
    "tcp_keepalive",
    "request_min_compression_size_bytes",
    "disable_request_compression",
    "client_context_params",
    "sigv4a_signing_region_set",
    "request_checksum_calculation",
    "response_checksum_validation",
    "account_id_endpoint_mode",
    "auth_scheme_preference",
)  # fmt: skip


class Config(ConfigOptions):
    __doc__ = ConfigOptions.__doc__

    def __init__(self, *args: t.Any, **options: t.Any) -> None:
        options = _with_positional(args, options)
        unknown = [name for name in options if name not in DEFAULTS and name not in _WITHOUT_EFFECT]
        if unknown:
            raise TypeError(f"Got unexpected keyword argument '{unknown[0]}'; known are {', '.join(DEFAULTS)}")
        if options.get("proxies_config"):
            raise TypeError("proxies_config is not supported: proxy certificates are verified with the same CAs as the service's")
        _check_proxies(options.get("proxies"))
        version = options.get("signature_version")
        if not _is_unsigned(version) and version not in (None, "", "v4"):
            raise ValueError(f"signature_version must be 'v4' or UNSIGNED, not {version!r}: the services take no other")
        _check_retries(options.get("retries"))
        if not isinstance(options.get("pickle_credentials", False), bool):
            raise TypeError(f"pickle_credentials must be a bool, not {type(options['pickle_credentials']).__name__}")
        if not callable(options.get("mfa_prompt") or str):
            raise TypeError(f"mfa_prompt must be a function, not {type(options['mfa_prompt']).__name__}")
        self._given = options
        self.__dict__.update({**DEFAULTS, **options})

    def merge(self, other_config: Config) -> Config:
        """A new Config of both, in which the other's options win."""
        return Config(**{**self._given, **other_config._given})

    def __repr__(self) -> str:
        # A proxy's URL may hold a password.
        shown = {name: "..." if name == "proxies" else value for name, value in self._given.items()}
        return f"Config({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self._given == other._given

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Config:
        return Config(**self._given)

    def __deepcopy__(self, memo: dict[int, t.Any]) -> Config:
        from copy import deepcopy

        return Config(**deepcopy(self._given, memo))

    def __reduce__(self) -> tuple[t.Any, ...]:
        with_password = [scheme for scheme, url in (self.proxies or {}).items() if scheme != "no" and "@" in (url or "")]
        if with_password and not self.pickle_credentials:
            raise TypeError(
                f"a Config with a password in proxies[{with_password[0]!r}] does not pickle, for it would be in the pickle: name "
                "the proxy in HTTPS_PROXY or HTTP_PROXY, or allow it with Config(pickle_credentials=True)"
            )
        return _config, (self._given,)


def _config(options: dict[str, t.Any]) -> Config:
    return Config(**options)


def _with_positional(args: tuple[t.Any, ...], options: dict[str, t.Any]) -> dict[str, t.Any]:
    """The options, with those that were given by position."""
    if len(args) > len(_POSITIONAL):
        raise TypeError(f"Takes at most {len(_POSITIONAL)} arguments ({len(args)} given)")
    for name, value in zip(_POSITIONAL, args, strict=False):
        if name in options:
            raise TypeError(f"Got multiple values for keyword argument '{name}'")
        options[name] = value
    return options


def config_of(given: t.Any) -> Config:
    """The Config that a client is made with: ours, or what botocore's says; an option of its that we have not is named."""
    if given is None:
        return Config()
    if isinstance(given, Config):
        return given
    if any(cls.__module__ == "botocore.config" for cls in type(given).__mro__):
        # aiobotocore's has more, of which these are the ones that say how to connect.
        for name in ("connector_args", "http_session_cls"):
            if getattr(given, name, None) and type(given).__module__ != "botocore.config":
                raise TypeError(f"{name} of {type(given).__module__}.{type(given).__name__} is not supported; leave it out")
        return Config(**given._user_provided_options)
    raise TypeError(
        f"config must be a chimeline.Config or a botocore.config.Config, not {type(given).__module__}.{type(given).__qualname__}"
    )


def resolved(config: Config, settings: dict[str, t.Any]) -> Config:
    """The Config with what the native client settled on in place of what was left open."""
    copy = Config(**config._given)
    for name, value in settings.items():
        # Others are arguments of `client`, or no options here.
        if name not in DEFAULTS:
            continue
        given = config._given.get(name)
        if name in ("region_name", "retries") or given is None or given == "":
            # Seconds that are whole are given as they would be written.
            copy.__dict__[name] = int(value) if isinstance(value, float) and value.is_integer() else value
    return copy


def _check_proxies(proxies: t.Any) -> None:
    if proxies is None:
        return
    if not isinstance(proxies, dict):
        raise TypeError(f"proxies must be a dict such as {{'https': 'http://host:3128'}}, not {type(proxies).__name__}")
    for scheme in ("http", "https", "no"):
        if not isinstance(proxies.get(scheme), (str, type(None))):
            raise TypeError(f"proxies[{scheme!r}] must be a str or None, not {type(proxies[scheme]).__name__}")


_RETRIES = ("max_attempts", "mode", "total_max_attempts")
_MODES = ("legacy", "standard", "adaptive")


def _check_retries(retries: t.Any) -> None:
    if retries is None:
        return
    if not isinstance(retries, dict):
        raise errors.InvalidRetryConfigurationError(f"retries must be a dict, not {type(retries).__name__}")
    for name, value in retries.items():
        if name not in _RETRIES:
            raise errors.InvalidRetryConfigurationError(
                f'Cannot provide retry configuration for "{name}". Valid retry configuration options are: {_RETRIES}'
            )
        if name == "mode":
            if value != "" and value not in _MODES:
                raise errors.InvalidRetryModeError(f'Invalid value provided to "mode": "{value}" must be one of: {_MODES}')
            continue
        least = 0 if name == "max_attempts" else 1
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise errors.InvalidMaxRetryAttemptsError(
                f'Value provided to "max_attempts": {value} must be an integer greater than or equal to {least}.'
            )


def unless_empty(value: t.Any) -> t.Any:
    """The value of an option; an empty text is as unset."""
    return None if isinstance(value, str) and not value else value


def native_options(config: Config) -> dict[str, t.Any]:
    """The options in the names and units of the native module."""
    options: dict[str, t.Any] = {name: unless_empty(getattr(config, name)) for name in NATIVE}
    if _is_unsigned(config.signature_version):
        options["unsigned"] = True
    retries = config.retries or {}
    options["retry_mode"] = retries.get("mode") or None
    options["max_attempts"] = retries.get("total_max_attempts")
    if options["max_attempts"] is None and "max_attempts" in retries:
        options["max_attempts"] = retries["max_attempts"] + 1
    if config.proxies is not None:
        # Every dict, an empty one too, stands in place of the environment; of other schemes there is no traffic.
        for scheme in ("http", "https", "no"):
            options[f"{scheme}_proxy"] = config.proxies.get(scheme) or ""
    return options
