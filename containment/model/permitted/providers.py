"""The model providers that every stack denies: the minimum set, which a stack's own list adds to and never shortens."""

from __future__ import annotations

from typing import Final

MINIMUM: Final = (
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "api.mistral.ai",
    "openrouter.ai",
    "api.deepseek.com",
)
"""The shadow-model deny set (seed 001, appendix, "Default terminal workflow destinations"); a deny may name more."""
