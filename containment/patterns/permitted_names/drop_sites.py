"""Drop sites: one request leaves data there for anyone to collect, mostly without an account.

Kinds: paste sites, sites for single files, forms, pushes, catchers of webhooks and DNS requests, and counters of visits, whose events
any account collects. The hosts of the catalog's `paste-and-webhooks` set are here too (a test compares them). Other hosts that take
uploads are in the catalog, with the `uploads` flag of their entries, or in `account_hosts`; a class allows or refuses them with its
`uploads` key. The technique is MITRE ATT&CK T1567 (Exfiltration Over Web Service); hosts beyond the catalog's are from general knowledge,
and not yet checked against the sites' documentation.
"""

from __future__ import annotations

from typing import Final

_BY_KIND: Final[dict[str, str]] = {
    "paste sites": "pastebin.com paste.rs dpaste.com dpaste.org hastebin.com paste.ee pastes.io paste.debian.net "
    "paste.mozilla.org paste.ubuntu.com pastebin.ubuntu.com paste.opensuse.org paste.centos.org paste.fedoraproject.org fpaste.org "
    "bpa.st bpaste.net ix.io sprunge.us termbin.com rentry.co rentry.org privatebin.net privatebin.info 0bin.net ghostbin.com "
    "ghostbin.co controlc.com justpaste.it justpaste.me paste2.org pastie.org codepad.org ideone.com cl1p.net telegra.ph "
    "write.as snippet.host pasteio.com paste.gg paste.sh pst.moe p.ip.fi clbin.com vpaste.net lpaste.net slexy.org nopaste.net "
    "hatebin.com textbin.net defuse.ca cryptbin.com zerobin.net pastery.net katb.in bin.disroot.org paste.c-net.org jsonblob.com "
    "jsonbin.io npoint.io kvdb.io textdb.dev extendsclass.com pantry.cloud getpantry.cloud keyvalue.xyz",
    "single files": "transfer.sh file.io 0x0.st temp.sh bashupload.com oshi.at gofile.io anonfiles.com anonfile.com bayfiles.com "
    "catbox.moe uguu.se pomf.cat pomf2.lain.la pixeldrain.com filebin.net file.pizza send.vis.ee wormhole.app "
    "toffeeshare.com sendgb.com wetransfer.com we.tl transfernow.net sendspace.com zippyshare.com mediafire.com mega.nz mega.co.nz "
    "mega.io 1fichier.com uploadfiles.io ufile.io easyupload.io tmpfiles.org tempfiles.ninja x0.at ttm.sh envs.sh keep.sh "
    "fileditch.com filemail.com krakenfiles.com dropfiles.org workupload.com swisstransfer.com send-anywhere.com send.tresorit.com "
    "file.coffee imgur.com imgbb.com postimages.org freeimage.host qu.ax upload.ee files.fm filetransfer.io "
    "buzzheavier.com pomf.lain.la volafile.org put.re rapidgator.net nitroflare.com 4shared.com sharefile.io dropmefiles.com plik.root.gg "
    "share.riseup.net "
    "ipfs.io dweb.link nftstorage.link w3s.link gateway.pinata.cloud pinata.cloud cloudflare-ipfs.com arweave.net",
    "catchers of webhooks": "webhook.site webhook.cool webhook-test.com requestbin.com requestbin.net requestbin.io requestbin.dev "
    "requestb.in requestinspector.com requestcatcher.com pipedream.net pipedream.com postb.in beeceptor.com mockbin.org mockbin.io "
    "hookbin.com httpdump.app ptsv2.com ptsv3.com typedwebhook.tools webhookinbox.com rbaskets.in "
    "requestly.tech putsreq.com ntfy.sh pushover.net pushbullet.com ifttt.com hooks.zapier.com hook.integromat.com "
    "formspree.io getform.io hook.eu1.make.com hook.us1.make.com hook.make.com "
    "webhook.office.com webhooks.mongodb-realm.com",
    "counters of visits": "google-analytics.com analytics.google.com api.mixpanel.com api.amplitude.com api2.amplitude.com api.segment.io "
    "cdn.segment.com app.posthog.com us.i.posthog.com eu.i.posthog.com heapanalytics.com in.hotjar.com",
    "forms without an account": ""
    "formbold.com formcarry.com formkeep.com formspark.io formsubmit.co herotofu.com kwesforms.com staticforms.xyz "
    "submit-form.com un-static.com usebasin.com web3forms.com",
    "pushes to any phone": ""
    "api.day.app notify.run notify17.net prowlapp.com pushcut.io pushed.co pushsafer.com sctapi.ftqq.com simplepush.io "
    "spontit.com wirepusher.com",
    "more catchers of webhooks": "callback.red dnslog.pw hook.eu2.make.com hook.us2.make.com hooks.airtable.com httprelay.io inn.gs "
    "interact.projectdiscovery.io play.svix.com webhook-relay.com webhook.app webhookdump.link webhooks.cc",
    "catchers of requests and lookups": "burpcollaborator.net oastify.com interact.sh interactsh.com oast.pro oast.live oast.site "
    "oast.online oast.fun oast.me dnslog.cn ceye.io dnsbin.zhack.ca canarytokens.com canarytokens.org bxss.me xss.ht ezxss.com "
    "dns.outbound.watchtowr.com eyes.sh pingb.in requestrepo.com tukk.info d.rip grabify.link iplogger.org",
}

DROP_SITES: Final = frozenset(domain for domains in _BY_KIND.values() for domain in domains.split())
"""Every drop site; a name under one is one too."""

DROP_HOSTS: Final = frozenset(["discord.com", "discordapp.com", "gateway.discord.gg", "hooks.slack.com", "api.telegram.org", "sentry.io"])
"""Hosts that take messages for any account; names under them are other services (such as an organization's o1.ingest.sentry.io)."""
