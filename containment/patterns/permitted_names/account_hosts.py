"""Hosts where the account decides whose data it is, and the name does not say: file stores, mail, chat, hosted models.

An exact name of them can be permitted; a class allows or refuses it with its `uploads` key, and the residual risks list it. A wildcard
that covers one cannot: it permits the host unseen, next to the names that were meant (`*.huggingface.co` covers the hub's model router).
The hosts are those of the catalog's `public-saas` and `unapproved-models` sets (a test compares them).
"""

from __future__ import annotations

from typing import Final

_BY_SET: Final[dict[str, str]] = {
    "public-saas": "api.airtable.com api.box.com api.dropboxapi.com api.hubapi.com api.intercom.io api.mailgun.net "
    "api.notion.com api.sendgrid.com api.trello.com api.twilio.com app.asana.com content.dropboxapi.com "
    "docs.google.com drive.google.com files.slack.com gmail.googleapis.com graph.microsoft.com "
    "outlook.office365.com s3.amazonaws.com slack.com storage.googleapis.com upload.box.com "
    "www.googleapis.com",
    "unapproved-models": "ae.api.openai.com aiplatform.googleapis.com api-inference.huggingface.co api.anthropic.com "
    "api.arcee.ai api.cerebras.ai api.cohere.ai api.cohere.com api.deepinfra.com api.deepseek.com "
    "api.eu.mistral.ai api.fireworks.ai api.githubcopilot.com api.groq.com api.kimi.com api.minimax.io "
    "api.minimaxi.com api.mistral.ai api.moonshot.ai api.moonshot.cn api.novita.ai api.openai.com "
    "api.openrouter.ai api.perplexity.ai api.stepfun.ai api.together.xyz api.us.mistral.ai api.venice.ai "
    "api.x.ai api.z.ai auth.openai.com chatgpt.com claude.ai clawrouter.openclaw.ai "
    "cli-chat-proxy.grok.com cloudcode-pa.googleapis.com coding-intl.dashscope.aliyuncs.com "
    "coding.dashscope.aliyuncs.com console.anthropic.com dashscope-intl.aliyuncs.com "
    "dashscope.aliyuncs.com eu.api.openai.com generativelanguage.googleapis.com "
    "inference-api.nousresearch.com llm.chutes.ai models.github.ai models.inference.ai.azure.com "
    "mtls.api.openai.com ollama.com open.bigmodel.cn opencode.ai openrouter.ai platform.claude.com "
    "portal.qwen.ai router.huggingface.co us.api.openai.com",
}

SAAS_HOSTS: Final = frozenset(_BY_SET["public-saas"].split())
"""Hosts of file stores, mail, chat and documents: no wildcard over one is permitted anywhere."""

MODEL_HOSTS: Final = frozenset(_BY_SET["unapproved-models"].split())
"""Hosts of models that a stack denies by name; the pack permits no wildcard over one, whichever of them a program denies."""
