"""What every part of comparison.json is made of."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Immutable; unknown names are kept out of the way, so that an older version reads a newer file."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)
