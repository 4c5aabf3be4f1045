"""Tunnel and IP-in-name services, which make any machine reachable under a name of the service.

A tunnel forwards the traffic for its name to the client that opened it; a relay of pages fetches whatever address a request names. An
IP-in-name service answers with the address that the name itself spells, so that a permit for its domain is a permit for every address.
A name that is one of these domains, or is below one, cannot be permitted. The list is from general knowledge, and not yet checked against
the services' documentation.
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
    "archive.ph archive.today archive.is r.jina.ai s.jina.ai 12ft.io corsproxy.io api.allorigins.win cors-anywhere.herokuapp.com",
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

TUNNELS: Final = frozenset(domain for domains in _TUNNELS_BY_SERVICE.values() for domain in domains.split())
"""Every domain of every tunnel service."""

ADDRESS_IN_NAME: Final = frozenset(domain for domains in _ADDRESS_IN_NAME_BY_SERVICE.values() for domain in domains.split())
"""Every domain whose names spell the address that they resolve to, or are given to any customer's machine."""
