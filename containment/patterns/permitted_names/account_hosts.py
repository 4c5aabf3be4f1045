"""Hosts where the account decides whose data it is, and the name does not say: file stores, mail, chat, hosted models.

An exact name of them can be permitted; a class allows or refuses it with its `uploads` key, and the residual risks list it. A wildcard
that covers one cannot: it permits the host unseen, next to the names that were meant (`*.huggingface.co` covers the hub's model router).
The hosts of the catalog's `public-saas` and `unapproved-models` sets are here (a test compares them). The others are grouped by what a
stranger's account receives there; they are from general knowledge, and not yet checked against the services' documentation. A host of
models may only be in the list of approved model gateways, in configuration and in the pack.
"""

from __future__ import annotations

import re
from typing import Final

from containment.patterns.permitted_names.suffixes import find_suffix

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

_SAAS_BY_KIND: Final[dict[str, str]] = {
    "files and pictures of any account": ""
    "api.cloudinary.com api.dropbox.com api.filestackapi.com api.flickr.com api.mux.com api.onedrive.com api.pcloud.com "
    "api.put.io api.vimeo.com eapi.pcloud.com notify.dropboxapi.com onedrive.live.com photos.google.com "
    "photoslibrary.googleapis.com storage.bunnycdn.com up.flickr.com upload.giphy.com upload.imagekit.io upload.put.io "
    "upload.uploadcare.com www.dropbox.com www.filestackapi.com www.icloud.com",
    "documents, tables and queues of any Google account": ""
    "artifactregistry.googleapis.com bigquery.googleapis.com calendar.google.com calendar.googleapis.com chat.google.com "
    "chat.googleapis.com colab.research.google.com docs.googleapis.com drive.googleapis.com fcm.googleapis.com "
    "firebasestorage.googleapis.com firestore.googleapis.com forms.google.com forms.googleapis.com groups.google.com "
    "logging.googleapis.com mail.google.com people.googleapis.com pubsub.googleapis.com secretmanager.googleapis.com "
    "sheets.google.com sheets.googleapis.com sites.google.com slides.googleapis.com tasks.googleapis.com "
    "youtube.googleapis.com",
    "mail, files and chat of any Microsoft account": ""
    "api.flow.microsoft.com api.powerbi.com forms.microsoft.com forms.office.com graph.microsoft.us management.azure.com "
    "outlook.live.com outlook.office.com smtp.office365.com substrate.office.com teams.microsoft.com",
    "forms that anyone can publish": ""
    "airtable.com api.jotform.com api.surveymonkey.com api.tally.so api.typeform.com form.typeform.com forms.gle "
    "submit.jotform.com tally.so www.surveymonkey.com",
    "messages to any account or public channel": ""
    "api.dingtalk.com api.groupme.com api.line.me api.linkedin.com api.twitter.com api.vk.com api.weixin.qq.com api.x.com "
    "api.zoom.us bsky.social chatapi.viber.com graph.facebook.com graph.instagram.com mastodon.social matrix-client.matrix.org "
    "matrix.org oapi.dingtalk.com oauth.reddit.com open.feishu.cn open.larksuite.com ps.pndsn.com "
    "qyapi.weixin.qq.com rest.ably.io upload.twitter.com webexapis.com www.reddit.com",
    "mail to any address": ""
    "api.brevo.com api.elasticemail.com api.eu.mailgun.net api.eu.sendgrid.com api.fastmail.com api.mailersend.com "
    "api.mailjet.com api.postmarkapp.com api.resend.com api.sendinblue.com api.smtp2go.com api.sparkpost.com "
    "api.us.nylas.com mandrillapp.com smtp.gmail.com smtp.sendgrid.net",
    "text messages to any number": ""
    "api.nexmo.com api.plivo.com api.telnyx.com messaging.twilio.com platform.clickatell.com rest.messagebird.com "
    "rest.nexmo.com sms.api.sinch.com",
    "boards, pages and tasks of any workspace": ""
    "3.basecampapi.com api.calendly.com api.canva.com api.clickup.com api.contentful.com api.figma.com api.helpscout.net "
    "api.linear.app api.miro.com api.monday.com api.podio.com api.smartsheet.com api.todoist.com api.webflow.com "
    "api2.frontapp.com asana.com coda.io events.pagerduty.com files.stripe.com trello.com upload.contentful.com "
    "uploads.linear.app www.evernote.com www.notion.so www.wrike.com",
    "packages that any account publishes": ""
    "central.sonatype.com dashboard.snapcraft.io push.chocolatey.org trunk.cocoapods.org www.kaggle.com",
    "code and programs that any account uploads": ""
    "api.bitbucket.io api.codesandbox.io codepen.io codesandbox.io disroot.org framagit.org gitea.com gitee.com "
    "gitlab.freedesktop.org invent.kde.org jsfiddle.net launchpad.net notabug.org observablehq.com pagure.io replit.com "
    "salsa.debian.org sourceforge.net",
    "records and vectors of any project": ""
    "api.pinecone.io api.supabase.com api.upstash.com api.xata.io cloud.mongodb.com data.mongodb-api.com db.fauna.com",
    "logs and events of any account": ""
    "api.axiom.co api.honeycomb.io api.raygun.com api.rollbar.com api.statsig.com events.launchdarkly.com "
    "in.logs.betterstack.com insights-collector.newrelic.com log-api.newrelic.com logs.logdna.com notify.bugsnag.com",
}

_MODELS_BY_KIND: Final[dict[str, str]] = {
    "routers to other providers": ""
    "ai-gateway.helicone.ai ai-gateway.vercel.sh aihubmix.com anthropic.helicone.ai api.302.ai api.aimlapi.com "
    "api.edenai.run api.electronhub.ai api.keywordsai.co api.llmgateway.io api.mammouth.ai api.naga.ac api.notdiamond.ai "
    "api.orq.ai api.poe.com api.portkey.ai api.shuttleai.com api.unify.ai api.withmartian.com gateway.ai.cloudflare.com "
    "gateway.helicone.ai nano-gpt.com oai.helicone.ai router.requesty.ai text.pollinations.ai",
    "hosted open models": "api.featherless.ai api.friendli.ai api.hyperbolic.xyz api.inference.net api.kluster.ai api.lambda.ai "
    "api.lambdalabs.com api.parasail.io api.publicai.co api.replicate.com api.runpod.ai api.sambanova.ai api.scaleway.ai "
    "api.siliconflow.cn api.siliconflow.com api.studio.nebius.ai api.studio.nebius.com api.targon.com "
    "api.tokenfactory.nebius.com fal.run glhf.chat inference.baseten.co queue.fal.run",
    "models of one provider": ""
    "api.ai21.com api.assemblyai.com api.baichuan-ai.com api.deepgram.com api.elevenlabs.io api.hunyuan.cloud.tencent.com "
    "api.inceptionlabs.ai api.lingyiwanwu.com api.minimax.chat api.reka.ai api.stability.ai api.upstage.ai "
    "api.voyageai.com api.writer.com ark.cn-beijing.volces.com gigachat.devices.sberbank.ru llm.api.cloud.yandex.net "
    "qianfan.baidubce.com spark-api-open.xf-yun.com",
    "models behind personal accounts": ""
    "aistudio.google.com api.business.githubcopilot.com api.claude.ai api.enterprise.githubcopilot.com "
    "api.individual.githubcopilot.com api.you.com api2.cursor.sh character.ai chat.deepseek.com chat.mistral.ai "
    "chat.openai.com chat.qwen.ai copilot-proxy.githubusercontent.com copilot.microsoft.com duck.ai gemini.google.com "
    "grok.com lmarena.ai notebooklm.google.com poe.com server.codeium.com sydney.bing.com www.kimi.com www.perplexity.ai "
    "you.com",
}

CATALOG_SAAS: Final = frozenset(_BY_SET["public-saas"].split())
"""Hosts of the catalog's set, whose flags a review has set."""

SAAS_HOSTS: Final = CATALOG_SAAS | {host for hosts in _SAAS_BY_KIND.values() for host in hosts.split()}
"""Hosts that store or forward data of any account: no wildcard over one is permitted anywhere."""

CATALOG_MODELS: Final = frozenset(_BY_SET["unapproved-models"].split())
"""Hosts of models that a stack denies by name."""

MODEL_HOSTS: Final = CATALOG_MODELS | {host for hosts in _MODELS_BY_KIND.values() for host in hosts.split()}
"""Hosts of models: the pack permits no wildcard over one, and an exact one as an approved model gateway only."""

_REGIONAL: Final = re.compile(r"(?:[a-z]+-)+[a-z]+\d+-aiplatform\.(?:mtls\.)?googleapis\.com|aiplatform\.[a-z0-9-]+\.rep\.googleapis\.com")
"""Regional names of Vertex AI, which serve every project (Google Cloud, "Vertex AI locations")."""


def is_model_host(name: str) -> bool:
    """Return whether an exact name is a known host of models, is below one, or is a regional name of one."""
    return find_suffix(name, MODEL_HOSTS) is not None or _REGIONAL.fullmatch(name) is not None
