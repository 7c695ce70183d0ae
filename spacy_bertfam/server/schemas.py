"""What is asked, as JSON: what these do not know is refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Texts(BaseModel):
    """One text, or many."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(None, description="A text")
    texts: Annotated[list[str], Field(min_length=1, fail_fast=True)] | None = Field(
        None, description="Or several, which are answered in this order"
    )
    model: str | None = Field(None, description="Name of a model; not needed where there is one")

    @model_validator(mode="before")
    @classmethod
    def _refuse_many(cls, given: Any) -> Any:
        known = cls.model_fields
        if isinstance(given, dict) and len(given) > len(known):  # each other one would be an error of its own
            raise ValueError(f"expected no more than {', '.join(known)}")
        return given

    @model_validator(mode="after")
    def _require_one(self) -> "Texts":
        if (self.text is None) == (self.texts is None):
            raise ValueError("expected either text or texts")
        for text in (*self.given, self.model or "", getattr(self, "question", "")):
            text.encode("utf8")  # half of a surrogate pair is a ValueError
        return self

    @property
    def given(self) -> list[str]:
        """The texts."""
        return [self.text] if self.text is not None else list(self.texts or ())


class ForEntities(Texts):
    """Texts whose entities are wanted."""

    min_score: float = Field(0.0, ge=0, le=1, description="Leave out entities with a lower score")
    offsets: list[Literal["characters", "tokens", "utf16"]] = Field(
        ["characters"],
        description="How places are counted: characters, spaCy's tokens, UTF-16 code units",
        max_length=3,
    )


class ForAnswers(Texts):
    """Texts that are to answer a question."""

    question: str = Field(description="What is asked of each text", pattern=r"\S")
    top_k: int = Field(1, ge=1, le=100, description="How many answers, the most probable first")
