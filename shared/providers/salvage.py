"""Items of a list that cannot be read as they are: they still take their time (R16)."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def mended(
    model: type[Model], item: Any, essential: Collection[str], instead: Mapping[str, Any]
) -> Model:
    """`item` without the members that cannot be read, and with `instead` where there are any.

    Raises ValidationError where one of the `essential` ones cannot: nobody knows then what the item
    is, or when.
    """
    try:
        return model.model_validate(item)
    except ValidationError as error:
        unread = {found["loc"][0] if found["loc"] else None for found in error.errors()}
        if None in unread or not unread.isdisjoint(essential):
            raise
    rest = {name: value for name, value in item.items() if name not in unread}
    return model.model_validate({**rest, **instead})
