"""Services behind whose names any machine can be reached: tunnels, IP-in-name services, and public resolvers over HTTPS.

A tunnel forwards the traffic for its name to the client that opened it. A relay of pages fetches any address that a request names, and
passes on what the request contains. An IP-in-name service answers with the address that the name itself spells, so that a permit for its
domain is a permit for every address. A resolver passes a query for `data.evil.example` to the owner of evil.example, as ordinary TLS on
port 443: no rule for port 53 and no DNS firewall sees it.

A name that is one of these domains, or is below one, cannot be permitted. The catalog's set `doh-resolvers` is a part of the resolvers
(a test compares the two); the rest is from general knowledge, and not yet checked against the services' documentation.
"""

from __future__ import annotations

from typing import Final

_TUNNELS_BY_SERVICE: Final[dict[str, str]] = {
    "ngrok": "ngrok.io ngrok.app ngrok.dev ngrok.com ngrok-agent.com ngrok-free.app ngrok-free.dev ngrok.pizza ngrok.pro ngrok.online",
    "Cloudflare Tunnel": "trycloudflare.com cfargotunnel.com argotunnel.com",
    "localtunnel": "loca.lt localtunnel.me localtunnel.net",
    "serveo": "serveo.net serveousercontent.com",
    "PageKite": "pagekite.me pagekite.net",
    "Tailscale": "ts.net beta.tailscale.net tailscale.com",
    "private mesh networks": "zerotier.com netbird.io twingate.com",
    "sish, srv.us, tunwg, jprq": "tuns.sh srv.us tunwg.com jprq.io jprq.live jprq.site tunnl.gg",
    "Portmap, Openport, Localtonet, Holesail": "portmap.io portmap.host openport.io openport.dev localtonet.com holesail.io homeway.io "
    "tunnelin.com pktriot.net",
    "bore, playit and others over TCP": "bore.pub bore.digital playit.gg ply.gg joinmc.link ",
    "Microsoft dev tunnels": "devtunnels.ms tunnels.api.visualstudio.com rel.tunnels.api.visualstudio.com",
    "GitHub Codespaces' forwarded ports": "app.github.dev githubpreview.dev ",
    "localhost.run": "localhost.run lhr.life lhr.rocks lhrtunnel.link",
    "Pinggy": "pinggy.io pinggy.link pinggy.online",
    "zrok and OpenZiti": "zrok.io ",
    "Telebit, Packetriot, Beame, Inlets": "telebit.io telebit.cloud packetriot.com packetriot.net beameio.net inlets.dev",
    "Tunnelmole, tunnelto, staqlab": "tunnelmole.net tunnelmole.com tunnelto.dev tunnel.staqlab.com staqlab-tunnel.com",
    "LocalXpose": "loclx.io localxpose.io",
    "remote.it, dataplicity, ngok": "remote.it rt3.io dataplicity.io",
    "LocalCan, Expose": "localcan.dev sharedwithexpose.com expose.dev ",
    "a home server under a public name": "homeip.net nabu.casa scrypted.io hooc.me",
    "VS Code, Gitpod, cloud IDEs' forwarded ports": "gitpod.io gitpod.dev cloudshell.dev webcontainer.io csb.app stackblitz.io",
    "Hookdeck, smee, webhookrelay": "hookdeck.com hkdk.events smee.io webhookrelay.com",
    "frp, natapp, sakura and other relays": "natapp.cc natappfree.cc natapp1.cc sakurafrp.com "
    "cpolar.cn cpolar.top cpolar.io vaiwan.com ngrok.cc",
    "pages of any site fetched on request": "translate.google.com translate.goog webcache.googleusercontent.com web.archive.org "
    "archive.ph archive.today archive.is 12ft.io corsproxy.io cors-anywhere.herokuapp.com",
    "archives and caches of pages": ""
    "1ft.io archive-it.org archive.fo archive.li archive.md archive.vn cachedview.com cachedview.nl cc.bingj.com "
    "conifer.rhizome.org freezepage.com ghostarchive.org megalodon.jp perma.cc printfriendly.com removepaywall.com "
    "timetravel.mementoweb.org txtify.it wayback-api.archive.org wayback.archive.org webcitation.org",
    "translators of pages": "fanyi.baidu.com lingva.ml microsofttranslator.com papago.naver.com papago.naver.net translate.baidu.com "
    "translate.yandex.com translate.yandex.net translate.yandex.ru translatetheweb.com",
    "fetchers for scripts in browsers": ""
    "allorigins.win api.codetabs.com cors.bridged.cc cors.eu.org cors.io cors.lol cors.sh corsfix.com corsproxy.org "
    "crossorigin.me htmldriven.com jsonp.afeld.me proxy.hoppscotch.io thingproxy.freeboard.io whateverorigin.org yacdn.org",
    "fetchers of pages for programs": ""
    "apify.com brightdata.com browserbase.com browserless.io crawlbase.com diffbot.com embed.ly feedburner.com fetchrss.com "
    "firecrawl.dev hyperbrowser.ai iframe.ly r.jina.ai s.jina.ai linkpreview.net microlink.io opengraph.io oxylabs.io proxycrawl.com "
    "rss.app rss2json.com rsshub.app scrape.do scraperapi.com scrapestack.com scrapfly.io scrapingant.com scrapingbee.com "
    "smartproxy.com webscraping.ai zenrows.com",
    "pictures and checks of pages": ""
    "apiflash.com camo.githubusercontent.com external-content.duckduckgo.com gtmetrix.com hackertarget.com i0.wp.com "
    "i1.wp.com i2.wp.com images.weserv.nl jigsaw.w3.org pagespeed.web.dev pagespeedonline.googleapis.com "
    "proxy.duckduckgo.com reqbin.com screenshotapi.net screenshotmachine.com screenshotone.com thum.io urlbox.io urlscan.io "
    "validator.w3.org wsrv.nl",
    "open proxies of pages": ""
    "4everproxy.com anonymouse.org blockaway.net croxyproxy.com filterbypass.me gh-proxy.com ghproxy.com ghproxy.net "
    "githack.com gitmirror.com hide.me hidester.com kkgithub.com kproxy.com onion.cab onion.ly onion.pet onion.sh onion.to "
    "onion.ws proxysite.com statically.io tor2web.org zend2.com",
    "relays between two clients": "0.peerjs.com broker.emqx.io broker.hivemq.com croc.schollz.com global.turn.twilio.com metered.ca "
    "mqtt.eclipseprojects.io nos.lol piping.nwtgck.org ppng.io relay.damus.io relay.nostr.band socketsbay.com "
    "test.mosquitto.org turn.cloudflare.com",
    "scripts of any account": "script.google.com script.googleusercontent.com",
    "Teleconsole, tmate, upterm": "tmate.io upterm.dev teleconsole.com",
}

_ADDRESS_IN_NAME_BY_SERVICE: Final[dict[str, str]] = {
    "wildcard DNS": "nip.io sslip.io xip.io xip.name ip.name vcap.me ipq.co backname.io dynv6.dev ip6.name ",
    "with certificates": "traefik.me local-ip.co local-ip.sh localcert.net local-ip.medicmobile.org ip.addr.tools "
    "getlocalcert.net addr.tools ip-dns.de",
    "names of the machine itself": "localtest.me lvh.me lacolhost.com "
    "127-0-0-1.org.uk localho.st lcl.host loopback.world vcap.me smackaho.st",
    "names of home servers": "plex.direct ui.direct",
    "rebinding test services": "rbndr.us rebind.it rebind.network 1u.ms requestrepo.com dnsrebinder.net rebinder.it",
    "IPv6 in Windows paths": "ipv6-literal.net",
    "names of cloud machines": "bc.googleusercontent.com compute.amazonaws.com compute-1.amazonaws.com compute.amazonaws.com.cn "
    "ip.linodeusercontent.com members.linode.com clients.your-server.de vultrusercontent.com contaboserver.net",
}

_RESOLVERS_BY_OPERATOR: Final[dict[str, str]] = {
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

TUNNELS: Final = frozenset(domain for domains in _TUNNELS_BY_SERVICE.values() for domain in domains.split())
"""Every domain of every tunnel service."""

ADDRESS_IN_NAME: Final = frozenset(domain for domains in _ADDRESS_IN_NAME_BY_SERVICE.values() for domain in domains.split())
"""Every domain whose names spell the address that they resolve to, or are given to any customer's machine."""

RESOLVERS: Final = frozenset(domain for domains in _RESOLVERS_BY_OPERATOR.values() for domain in domains.split())
"""Every public resolver; a name under one is one too (`firefox.dns.nextdns.io`, `<account>.cloudflare-gateway.com`)."""
