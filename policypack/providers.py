"""The model providers that nobody may reach unapproved: the least that a deny names."""

from __future__ import annotations

from typing import Final

PROVIDERS: Final = (
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "api.mistral.ai",
    "openrouter.ai",
    "api.deepseek.com",
)
"""The shadow-model deny set (seed 001, appendix, "Default terminal workflow destinations"); a deny may name more."""
