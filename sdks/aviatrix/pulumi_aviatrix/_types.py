"""How this package declares Pulumi types: snake_case annotations in Python, camelCase on the wire.

A class lists its properties once, as annotations; the decorators here give each its wire name (`src_smart_groups` is `srcSmartGroups`)
and hand the class to Pulumi, which translates inputs, plain dicts with the same keys, and outputs.

Rules kept: what a generated SDK accepts, these classes accept (keywords, or an `...Args` object, then options), and refuse with the same
`TypeError`; inputs named secret are secret in inputs and outputs. Left out: positional properties.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, dataclass_transform

import pulumi

T = TypeVar("T")
R = TypeVar("R", bound=pulumi.Resource)


def camel_case(name: str) -> str:
    """Return the wire name of a Python property name: `k8s_cluster_id` gives `k8sClusterId`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _name_properties(cls: type) -> None:
    """Turn every annotation of `cls` into a Pulumi property with its wire name, keeping a default of None."""
    for name in inspect.get_annotations(cls):
        optional = {"default": None} if name in vars(cls) else {}
        setattr(cls, name, pulumi.property(camel_case(name), **optional))


@dataclass_transform(kw_only_default=True)
def input_type(cls: type[T]) -> type[T]:
    """Make an annotated class an input type, constructed with keywords; a property without a default is required."""
    _name_properties(cls)
    return pulumi.input_type(cls)


@dataclass_transform(kw_only_default=True)
def output_type(cls: type[T]) -> type[T]:
    """Make an annotated class an output type: attributes, and dict keys when it derives from dict, are snake_case."""
    _name_properties(cls)
    return pulumi.output_type(cls)


def resource_type(token: str) -> Callable[[type[R]], type[R]]:
    """Make an annotated class the resource of `token`: each annotation becomes a read-only output."""

    def declare(cls: type[R]) -> type[R]:
        for name, hint in inspect.get_annotations(cls).items():
            setattr(cls, name, _output(name, hint))
        return pulumi.type_token(token)(cls)

    return declare


def _output(name: str, hint: Any) -> property:
    def read(self: pulumi.Resource) -> Any:
        return pulumi.get(self, name)

    read.__name__ = name
    read.__annotations__ = {"return": hint}
    return property(pulumi.getter(name=camel_case(name))(read))


def prepare(
    resource: type[pulumi.Resource],
    args_type: type[object],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    secret: tuple[str, ...] = (),
) -> tuple[Any, pulumi.ResourceOptions]:
    """Return what Pulumi's resource constructor wants for `resource(name, *args, **kwargs)`: an `args_type` object and options.

    Outputs stand in the object as None, so that each gets a value to wait for. Names in `secret` become secrets.
    """
    given, opts = _given(resource, args_type, args, kwargs)
    parameters = inspect.signature(args_type).parameters
    for name in given:
        if name not in parameters:
            raise TypeError(f"{resource.__name__}.__init__() got an unexpected keyword argument '{name}'")
    if opts.id is None and opts.urn is None:
        for name, parameter in parameters.items():
            if parameter.default is parameter.empty and given.get(name) is None:
                raise TypeError(f"Missing required property '{name}'")
    for name in secret:
        if given.get(name) is not None:
            given[name] = pulumi.Output.secret(given[name])
    if secret:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=[camel_case(name) for name in secret])
        opts = pulumi.ResourceOptions.merge(opts, hidden)
    props = args_type.__new__(args_type)
    vars(props).update(dict.fromkeys([*parameters, *inspect.get_annotations(resource)]), **given)
    return props, opts


def _given(
    resource: type[pulumi.Resource], args_type: type[object], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[dict[str, Any], pulumi.ResourceOptions]:
    """Take apart `(opts, **properties)`, `(properties object, opts)` and `(args=..., opts=...)`."""
    properties = dict(kwargs)
    positional = list(args)
    if positional and isinstance(positional[0], args_type):
        properties["args"] = positional.pop(0)
    if positional:
        properties["opts"] = positional.pop(0)
    if positional:
        raise TypeError(f"{resource.__name__}.__init__() takes its properties as keywords")
    opts = properties.pop("opts", None)
    if opts is not None and not isinstance(opts, pulumi.ResourceOptions):
        raise TypeError("Expected resource options to be a ResourceOptions instance")
    bundle = properties.pop("args", None)
    if bundle is not None:
        if properties or not isinstance(bundle, args_type):
            raise TypeError(f"{resource.__name__}.__init__() takes either one {args_type.__name__} or keywords")
        properties = dict(vars(bundle))
    return properties, opts or pulumi.ResourceOptions()


def with_id(id: pulumi.Input[str], opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:  # noqa: A002
    """Return options that read the existing resource `id` instead of making one."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
