"""The strings below attributes, which say what each is: reference pages and the OpenAPI document are made of them."""

import ast
import inspect
from functools import lru_cache


@lru_cache(maxsize=1024)
def attribute_docs(kind: type) -> dict[str, str]:
    """Give the string below each attribute or member of a class of ours, inherited ones included."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.partition(".")[0] == "ringback":
            found |= _own(each)
    return found


def _own(kind: type) -> dict[str, str]:
    parsed = ast.parse(inspect.getsource(kind)).body[0]
    if not isinstance(parsed, ast.ClassDef):
        raise TypeError(kind)
    found = {}
    body = parsed.body
    for statement, below in zip(body, [*body[1:], None], strict=True):
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                    found[name] = " ".join(below.value.value.split())
    return found
