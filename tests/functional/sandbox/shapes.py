"""Holds an answer on the wire against botocore's model: boto3 forgives wrong types, Terraform's SDK does not."""

from numbers import Number


def problems(value, shape, path="answer"):
    if value is None:
        return [f"{path} is null"]
    check = {"structure": _structure, "list": _list, "map": _map}.get(shape.type_name, _scalar)
    return check(value, shape, path)


def _structure(value, shape, path):
    if not isinstance(value, dict):
        return [f"{path} is no object"]
    found = [f"{path}.{name} is not in the model" for name in value.keys() - shape.members.keys()]
    found += [f"{path}.{name} is required" for name in shape.required_members if name not in value]
    for name in value.keys() & shape.members.keys():
        found += problems(value[name], shape.members[name], f"{path}.{name}")
    return found


def _list(value, shape, path):
    if not isinstance(value, list):
        return [f"{path} is no list"]
    return [p for n, item in enumerate(value) for p in problems(item, shape.member, f"{path}[{n}]")]


def _map(value, shape, path):
    if not isinstance(value, dict):
        return [f"{path} is no object"]
    return [p for key, item in value.items() for p in problems(item, shape.value, f"{path}[{key}]")]


def _scalar(value, shape, path):
    kinds = {"string": str, "boolean": bool, "integer": int, "long": int, "double": Number, "timestamp": Number}
    kind = kinds[shape.type_name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return [f"{path} is {value!r}, not a {shape.type_name}"]
    if getattr(shape, "enum", None) and value not in shape.enum:
        return [f"{path} is {value!r}, not one of {shape.enum}"]
    return []
