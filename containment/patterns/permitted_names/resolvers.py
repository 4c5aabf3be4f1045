"""Public resolvers that answer DNS over HTTPS, which no permit may name.

A query for `data.evil.example` carries data to the owner of evil.example, and is ordinary TLS on port 443: no rule for port 53 and no
DNS firewall sees it. A name that is one of
these domains, or is below one, cannot be permitted. The catalog's set `doh-resolvers` is a part of this list (a test compares
the two); the rest is from general knowledge, and not yet checked against the operators' documentation.
"""

from __future__ import annotations

from typing import Final

_BY_OPERATOR: Final[dict[str, str]] = {
    "Google": "dns.google dns.google.com 8888.google",
    "Cloudflare": "cloudflare-dns.com one.one.one.one cloudflare-gateway.com",
    "Quad9": "dns.quad9.net dns9.quad9.net dns10.quad9.net dns11.quad9.net dns12.quad9.net dns-nosec.quad9.net",
    "Cisco (OpenDNS, Umbrella)": "doh.opendns.com dns.opendns.com familyshield.opendns.com "
    "doh.sandbox.opendns.com doh.umbrella.com dns.umbrella.com",
    "NextDNS": "dns.nextdns.io dns1.nextdns.io dns2.nextdns.io",
    "AdGuard": "adguard-dns.com dns.adguard.com dns-family.adguard.com dns-unfiltered.adguard.com",
    "CleanBrowsing": "doh.cleanbrowsing.org security-filter-dns.cleanbrowsing.org family-filter-dns.cleanbrowsing.org "
    "adult-filter-dns.cleanbrowsing.org",
    "Control D": "dns.controld.com freedns.controld.com doh.controld.com",
    "Mullvad": "dns.mullvad.net doh.mullvad.net",
    "Apple": "doh.dns.apple.com mask.icloud.com mask-h2.icloud.com mask-api.icloud.com",
    "access providers": "doh.xfinity.com dot.xfinity.com doh.cox.net dohtrial.att.net dns.telekom.de dns.aa.net.uk doh.quickline.ch "
    "public.dns.iij.jp ordns.he.net",
    "Alibaba, DNSPod, 360, ByteDance": "dns.alidns.com doh.pub dns.pub dot.pub doh.360.cn rubyfish.cn 233py.com",
    "Yandex": "dns.yandex.net dns.yandex.ru dns.yandex.com",
    "registries and research networks": "canadianshield.cira.ca dns.switch.ch odvr.nic.cz dns.twnic.tw kaitain.restena.lu dns.circl.lu "
    "joindns4.eu dns0.eu wikimedia-dns.org",
    "associations": "dns.digitale-gesellschaft.ch dns1.digitale-gesellschaft.ch dns2.digitale-gesellschaft.ch doh.libredns.gr "
    "doh.applied-privacy.net dns.njal.la doh.ffmuc.net dot.ffmuc.net doh.42l.fr uncensoreddns.org dnsforge.de doh.bortzmeyer.fr",
    "filters": "dns.sb doh.sb dot.sb rethinkdns.com bravedns.com decloudus.com openbld.net doh.safesurfer.io dnswarden.com "
    "dns.surfsharkdns.com doh.disconnect.app dns.comss.one free.shecan.ir dnslify.com armadillodns.net",
    "private operators": "blahdns.com ahadns.net ahadns.com tiar.app tiarap.org alekberg.net pi-dns.com rdns.faelix.net pdns.faelix.net "
    "dns.oszx.co dns.pumplex.com dns.hostux.net dns.containerpi.com doh.seby.io doh-2.seby.io doh.crypto.sx odoh.crypto.sx "
    "doh.powerdns.org dns.dnsoverhttps.net dnsovertls.sinodun.com getdnsapi.net dns.arapurayil.com dns.flatuslifir.is resolver-eu.lelux.fi "
    "doh.li doh.securedns.eu fi.doh.dns.snopyta.org doh.linuxsec.org dns.brahma.world",
    "more private operators": "dns.bebasid.com antivirus.bebasid.com noads.libredns.gr dns.digitalsize.net doh.dns4all.eu "
    "dns.bitdefender.net "
    "dns.jupitrdns.net v.recipes dns.melalandia.tk doh.netweaver.uk dns.levonet.sk chewbacca.meganerd.nl resolver.r0cket.net dns.seia.io "
    "plan9-dns.com qlf-doh.inria.fr puredns.org dnscrypt.ca dns.dnscry.pt internetsehat.bebasid.com",
}

RESOLVERS: Final = frozenset(domain for domains in _BY_OPERATOR.values() for domain in domains.split())
"""Every public resolver; a name under one is one too (`firefox.dns.nextdns.io`, `<account>.cloudflare-gateway.com`)."""
