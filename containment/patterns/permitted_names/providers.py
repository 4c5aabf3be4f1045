"""The minimum set of model providers that every stack denies; a stack's list only adds to it."""

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
"""The shadow-model deny set (Aviatrix blueprint, appendix, "Default terminal workflow destinations"); a deny may name more."""
