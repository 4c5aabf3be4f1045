"""Dynamic-DNS services: anyone gets a name there in a minute, and can point it at any address at any time.

A name that is one of these domains, or is below one, cannot be permitted. Source: the Public Suffix List's section for a
service that registered its domains there; the rest is from general knowledge, and not yet checked against the services' lists.
"""

from __future__ import annotations

from typing import Final

_BY_SERVICE: Final[dict[str, str]] = {
    "ASUSTOR": "myasustor.com",
    "AVM": "myfritz.link myfritz.net",
    "ClouDNS": """
        cloudns.asia cloudns.be cloud-ip.biz cloudns.biz cloud-ip.cc cloudns.cc cloudns.ch cloudns.cl cloudns.club abrdns.com
        dnsabr.com ip-ddns.com cloudns.cx cloudns.eu cloudns.in cloudns.info ddns-ip.net dns-cloud.net dns-dynamic.net cloudns.nz
        cloudns.org ip-dynamic.org cloudns.ph cloudns.pro cloudns.pw cloudns.us
    """,
    "COSIMO": """
        dyn.cosidns.de dnsupdater.de dynamisches-dns.de internet-dns.de l-o-g-i-n.de dynamic-dns.info feste-ip.net knx-server.net
        static-access.net
    """,
    "ddnss.de": "ddnss.de dyn-ip24.de dyndns1.de home-webserver.de myhome-server.de ddnss.org",
    "deSEC": "dedyn.io",
    "dnsHome": """
        dnshome.at resolve.bar ddns.berlin dnshome.cloud ddnssec.de dnshome.de dyndnssec.de heimdns.de srvdns.de dnshome.eu
        dnshome.it dyn.now heimdns.online ddns.wtf
    """,
    "DrayTek": "drayddns.com",
    "DuckDNS": "duckdns.org",
    "dy.fi": "dy.fi tunk.org",
    "DynDNS": """
        dyndns.biz for-better.biz for-more.biz for-some.biz for-the.biz selfip.biz webhop.biz ftpaccess.cc game-server.cc myphotos.cc
        scrapping.cc blogdns.com cechire.com dnsalias.com dnsdojo.com doesntexist.com dontexist.com doomdns.com dyn-o-saur.com
        dynalias.com dyndns-at-home.com dyndns-at-work.com dyndns-blog.com dyndns-free.com dyndns-home.com dyndns-ip.com
        dyndns-mail.com dyndns-office.com dyndns-pics.com dyndns-remote.com dyndns-server.com dyndns-web.com dyndns-wiki.com
        dyndns-work.com est-a-la-maison.com est-a-la-masion.com est-le-patron.com est-mon-blogueur.com from-ak.com from-al.com
        from-ar.com from-ca.com from-ct.com from-dc.com from-de.com from-fl.com from-ga.com from-hi.com from-ia.com from-id.com
        from-il.com from-in.com from-ks.com from-ky.com from-ma.com from-md.com from-mi.com from-mn.com from-mo.com from-ms.com
        from-mt.com from-nc.com from-nd.com from-ne.com from-nh.com from-nj.com from-nm.com from-nv.com from-oh.com from-ok.com
        from-or.com from-pa.com from-pr.com from-ri.com from-sc.com from-sd.com from-tn.com from-tx.com from-ut.com from-va.com
        from-vt.com from-wa.com from-wi.com from-wv.com from-wy.com getmyip.com gotdns.com hobby-site.com homelinux.com homeunix.com
        iamallama.com is-a-anarchist.com is-a-blogger.com is-a-bookkeeper.com is-a-bulls-fan.com is-a-caterer.com is-a-chef.com
        is-a-conservative.com is-a-cpa.com is-a-cubicle-slave.com is-a-democrat.com is-a-designer.com is-a-doctor.com
        is-a-financialadvisor.com is-a-geek.com is-a-green.com is-a-guru.com is-a-hard-worker.com is-a-hunter.com is-a-landscaper.com
        is-a-lawyer.com is-a-liberal.com is-a-libertarian.com is-a-llama.com is-a-musician.com is-a-nascarfan.com is-a-nurse.com
        is-a-painter.com is-a-personaltrainer.com is-a-photographer.com is-a-player.com is-a-republican.com is-a-rockstar.com
        is-a-socialist.com is-a-student.com is-a-teacher.com is-a-techie.com is-a-therapist.com is-an-accountant.com is-an-actor.com
        is-an-actress.com is-an-anarchist.com is-an-artist.com is-an-engineer.com is-an-entertainer.com is-certified.com is-gone.com
        is-into-anime.com is-into-cars.com is-into-cartoons.com is-into-games.com is-leet.com is-not-certified.com is-slick.com
        is-uberleet.com is-with-theband.com isa-geek.com isa-hockeynut.com issmarterthanyou.com likes-pie.com likescandy.com
        neat-url.com saves-the-whales.com selfip.com sells-for-less.com sells-for-u.com servebbs.com simple-url.com space-to-rent.com
        teaches-yoga.com writesthisblog.com ath.cx fuettertdasnetz.de isteingeek.de istmein.de lebtimnetz.de leitungsen.de
        traeumtgerade.de barrel-of-knowledge.info barrell-of-knowledge.info dyndns.info for-our.info groks-the.info groks-this.info
        here-for-more.info knowsitall.info selfip.info webhop.info forgot.her.name forgot.his.name at-band-camp.net blogdns.net
        broke-it.net buyshouses.net dnsalias.net dnsdojo.net does-it.net dontexist.net dynalias.net dynathome.net endofinternet.net
        from-az.net from-co.net from-la.net from-ny.net gets-it.net ham-radio-op.net homeftp.net homeip.net homelinux.net
        homeunix.net in-the-band.net is-a-chef.net is-a-geek.net isa-geek.net kicks-ass.net office-on-the.net podzone.net
        scrapper-site.net selfip.net sells-it.net servebbs.net serveftp.net thruhere.net webhop.net merseine.nu mine.nu shacknet.nu
        blogdns.org blogsite.org boldlygoingnowhere.org dnsalias.org dnsdojo.org doesntexist.org dontexist.org doomdns.org dvrdns.org
        dynalias.org dyndns.org endofinternet.org endoftheinternet.org from-me.org game-host.org gotdns.org hobby-site.org
        homedns.org homeftp.org homelinux.org homeunix.org is-a-bruinsfan.org is-a-candidate.org is-a-celticsfan.org is-a-chef.org
        is-a-geek.org is-a-knight.org is-a-linux-user.org is-a-patsfan.org is-a-soxfan.org is-found.org is-lost.org is-saved.org
        is-very-bad.org is-very-evil.org is-very-good.org is-very-nice.org is-very-sweet.org isa-geek.org kicks-ass.org
        misconfused.org podzone.org readmyblog.org selfip.org sellsyourhome.org servebbs.org serveftp.org servegame.org
        stuff-4-sale.org webhop.org better-than.tv dyndns.tv on-the-web.tv worse-than.tv is-by.us land-4-sale.us stuff-4-sale.us
        dyndns.ws mypets.ws
    """,
    "Dynu": """
        1cooldns.com bumbleshrimp.com ddnsfree.com ddnsgeek.com ddnsguru.com dynuddns.com dynuhosting.com giize.com gleeze.com
        kozow.com loseyourip.com ooguy.com pivohosting.com theworkpc.com wiredbladehosting.com casacam.net dynu.net dynuddns.net
        mysynology.net opik.net spryt.net accesscam.org camdvr.org freeddns.org mywire.org roxa.org webredirect.org myddns.rocks
    """,
    "dynv6": "dynv6.net",
    "GoIP": "goip.de",
    "MikroTik": "mynetname.net routingthecloud.com routingthecloud.net routingthecloud.org",
    "No-IP": """
        mmafan.biz myftp.biz no-ip.biz no-ip.ca fantasyleague.cc gotdns.ch 3utilities.com blogsyte.com ciscofreak.com damnserver.com
        ddnsking.com ditchyourip.com dnsiskinky.com dynns.com geekgalaxy.com health-carereform.com homesecuritymac.com
        homesecuritypc.com myactivedirectory.com mysecuritycamera.com myvnc.com net-freaks.com onthewifi.com point2this.com
        quicksytes.com securitytactics.com servebeer.com servecounterstrike.com serveexchange.com serveftp.com servegame.com
        servehalflife.com servehttp.com servehumour.com serveirc.com servemp3.com servep2p.com servepics.com servequake.com
        servesarcasm.com stufftoread.com unusualperson.com workisboring.com dvrcam.info ilovecollege.info no-ip.info brasilia.me
        ddns.me dnsfor.me hopto.me loginto.me noip.me webhop.me bounceme.net ddns.net eating-organic.net mydissent.net myeffect.net
        mymediapc.net mypsx.net mysecuritycamera.net nhlfan.net no-ip.net pgafan.net privatizehealthinsurance.net redirectme.net
        serveblog.net serveminecraft.net sytes.net cable-modem.org collegefan.org couchpotatofries.org hopto.org mlbfan.org myftp.org
        mysecuritycamera.org nflfan.org no-ip.org read-books.org ufcfan.org zapto.org no-ip.co.uk golffan.us noip.us pointto.us
    """,
    "Now-DNS": """
        dnsking.ch mypi.co myiphost.com forumz.info soundcast.me tcp4.me dnsup.net hicam.net now-dns.net ownip.net vpndns.net
        dynserv.org now-dns.org x443.pw ntdll.top freeddns.us
    """,
    "nsupdate.info": "nsupdate.info nerdpol.ovh",
    "QNAP": "myqnapcloud.cn mycloudnas.com mynascloud.com myqnapcloud.com",
    "Securepoint": """
        firewall-gateway.com firewall-gateway.de my-gateway.de my-router.de spdns.de spdns.eu firewall-gateway.net my-firewall.org
        myfirewall.org spdns.org
    """,
    "Sub 6": "temp-dns.com",
    "Synology": """
        dscloud.biz dsmynas.com familyds.com diskstation.me dscloud.me i234.me myds.me synology.me dscloud.mobi dsmynas.net
        familyds.net dsmynas.org familyds.org vpnplus.to quickconnect.to quickconnect.cn
    """,
    "MyDNS.JP": """
        daemon.asia dix.asia mydns.bz 0am.jp 0g0.jp 0j0.jp 0t0.jp mydns.jp pgw.jp wjg.jp keyword-on.net live-on.net server-on.net
        mydns.tw mydns.vc
    """,
    "FreeDNS (afraid.org), domains its members share most": """
        afraid.org mooo.com chickenkiller.com us.to strangled.net crabdance.com ignorelist.com jumpingcrab.com twilightparadox.com
        undo.it uk.to my.to info.tm biz.tm allowed.org evils.in fairuse.org homenet.org bot.nu hs.vc soon.it privatedns.org
    """,
    "ChangeIP": """
        changeip.com changeip.net changeip.org dynamic-dns.net dns04.com dns05.com dnsrd.com dsmtp.com dumb1.com ddns.info ddns.mobi
        ddns.ms ddns.us dhcp.biz dns-dns.com dnset.com dynamicdns.biz dynamicdns.co.uk dynamicdns.me.uk dynamicdns.org.uk faqserv.com
        freetcp.com ftpserver.biz gr8domain.biz gr8name.biz itsaol.com jetos.com justdied.com lflink.com longmusic.com mefound.com
        moneyhome.biz mrbasic.com mrbonus.com my03.com mydad.info myddns.com myftp.info myftp.name mylftv.com mymom.info mynumber.org
        mypicture.info mypop3.net mypop3.org mysecondarydns.com mywww.biz ninth.biz ns01.biz ns01.info ns01.us ns02.biz ns02.info
        ns02.us ns1.name ns2.name ns3.name ocry.com onedumb.com onmypc.biz onmypc.info onmypc.net onmypc.org organiccrap.com otzo.com
        port25.biz proxydns.com qhigh.com qpoe.com rebatesrule.net sendsmtp.com serveuser.com serveusers.com sexidude.com sexxxy.biz
        sixth.biz squirly.info ssl443.org sytes.biz toh.info toythieves.com trickip.net trickip.org vizvaz.com wikaba.com wwwhost.biz
        wwwhost.us x24hr.com xxuz.com xxxy.biz xxxy.info ygto.com youdontcare.com yourtrap.com zyns.com zzux.com
    """,
    "DynDNS, later names": "dyndns.com dyndns.co getmyip.org",
    "duiadns, DNS Exit, dtdns, YDNS, Dynu and others": """
        duiadns.net linkpc.net publicvm.com line.pm dtdns.net suroot.com ydns.eu noip.com.br spdyn.de selfhost.eu selfhost.de
        selfhost.bz dyndns.lt strato-ddns.com thddns.net tzo.com x10.mx 3322.org 8866.org 2288.org 6600.org 7766.org 8800.org
        9966.org f3322.net f3322.org gicp.net vicp.net vicp.cc oicp.net oray.net xicp.net eicp.net dynip.online freemyip.com ipq.co
        myvnc.net dynamicdns.eu dns.army dns.navy v6.rocks v6.army v6.navy asuscomm.com asuscomm.cn tplinkdns.com dlinkddns.com
        mydlinkddns.com hldns.ru netcraze.pro keenetic.link keenetic.pro keenetic.name zyxel.me ddns.name mywdh.com wd2go.com
        remotewd.com nutdns.com dvrdydns.com hik-online.com hikvision-ddns.com quickddns.com dahuaddns.com amcrestddns.com
        camera-ddns.net no-ip.eu
    """,
}

DYNAMIC_DNS: Final = frozenset(domain for domains in _BY_SERVICE.values() for domain in domains.split())
"""Every domain of every service."""
