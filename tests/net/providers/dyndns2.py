"""The dyndns2 protocol, and the services that speak it or nearly so.

From the protocol's return codes and policies (help.dyn.com), and each
service's own page where one is named.
"""

from provider_rows import PASSWORD, TOKEN, V4, V6, Table, basic

NAME = "www.example.org"
LOGIN = {"username": "us er", "password": PASSWORD}
AUTH = basic("us er", PASSWORD)
BOTH = "good 192.0.2.7,2001:db8::7"
LATER = (900, 86400)

# What every server of this protocol may say.
WORDS = [
    (f"good {V4}", "done"),
    ("good", "done"),
    (f"good {V4} \r\n", "done"),
    (f"nochg {V4}", "unchanged"),
    ("nochg", "unchanged"),
    ("good 127.0.0.1", "refused"),
    ("badauth", "refused"),
    ((401, "badauth"), "refused"),
    ("!donator", "refused"),
    ("notfqdn", "refused"),
    ("nohost", "refused"),
    ((400, "nohost"), "refused"),
    ("!yours", "refused"),
    ("!active", "refused"),
    ("numhost", "refused"),
    ("badsys", "refused"),
    ("badagent", "refused"),
    ("abuse", "refused"),
    ("dnserr", "retry"),
    ("911", "retry", (600, 86400)),
    ((500, "911"), "retry", (600, 86400)),
    ("", "retry"),
    ("goodness gracious", "retry"),
    ("<html><body>good nochg</body></html>", "retry"),
    ((429, "", {"Retry-After": "77"}), "slow", 77),
    ((403, "go away"), "retry", LATER),
    ((418, "teapot"), "retry", LATER),
    ((503, "busy", {"Retry-After": "30"}), "retry", 30),
    ((302, "", {"Location": "https://127.0.0.1:1/"}), "retry"),
]


def service(type_, host, path="/nic/update", extra="", hostname="hostname",
            v4="myip", v6=None, families="46", separate=False, words=WORDS,
            settings=None, auth=None, name=NAME):
    """v6: the parameter of an IPv6 address; None: a list in v4."""
    settings = LOGIN if settings is None else settings
    t = Table(type_, host, settings, AUTH if auth is None else auth,
              families=families, name=name)

    def ask(*pairs):
        query = "&".join(f"{k}={v}" for k, v in pairs)
        return f"GET {path}?{extra}{hostname}={name}&{query}"

    six = v6 or v4
    t.row("IPv4", (ask((v4, V4)), f"good {V4}"), families="4")
    if "6" in families:
        t.row("IPv6", (ask((six, V6)), f"good {V6}"), families="6")
        if separate:
            t.row("both", (ask((v4, V4)), f"good {V4}"),
                  (ask((six, V6)), f"nochg {V6}"), out="done/unchanged")
        elif v6:
            t.row("both", (ask((v4, V4), (v6, V6)), BOTH))
        else:
            t.row("both", (ask((v4, f"{V4},{V6}")), BOTH))
    t.answers((ask((v4, V4)), ""), families="4", table=words)
    return t


service("dyndns2", None)
service("dyn", "members.dyndns.org")
service("strato", "dyndns.strato.com",
        words=WORDS + [("badrequest", "refused")])
service("variomedia", "dyndns.variomedia.de",
        words=WORDS + [("badrequest", "refused")])
service("noip", "dynupdate.no-ip.com", v6="myipv6", words=[
    w for w in WORDS if w[0] not in ("911", (500, "911"))] + [
    ("911", "retry", (1800, 86400))])
service("inwx", "dyndns.inwx.com", v6="myipv6")
service("all-inkl", "dyndns.kasserver.com", "/", hostname="host", v6="myip6")
service("loopia", "dns.loopia.se", "/XDynDNSServer/XDynDNS.php",
        extra="system=custom&", families="4",
        words=WORDS + [("[200 OK] nohost", "refused")])
service("infomaniak", "infomaniak.com", separate=True, words=WORDS + [
    (f"successfully_changed {V4}", "done"), (f"no_change {V4}", "unchanged")])
service("dnsomatic", "updates.dnsomatic.com", families="4")
service("ovh-dynhost", "dns.eu.ovhapis.com", extra="system=dyndns&",
        separate=True)
service("do.de", "ddns.do.de", separate=True, words=WORDS + [
    ((429, "toomanyrequests"), "slow"), ((400, "numhost"), "refused"),
    ((500, "911 ddns down"), "retry", (600, 86400))])
service("selfhost", "carol.selfhost.de", families="4", words=WORDS[:-2] + [
    ((204, ""), "unchanged"), ((409, ""), "refused"), ((410, ""), "refused"),
    ((411, ""), "refused"), ((412, ""), "refused"), ((503, ""), "slow")])
service("nsupdate.info", "ipv4.nsupdate.info", separate=True,
        settings={"password": PASSWORD}, auth=basic(NAME, PASSWORD))
service("he", "dyn.dns.he.net", separate=True,
        settings={"password": PASSWORD}, auth=basic(NAME, PASSWORD))
service("tunnelbroker", "ipv4.tunnelbroker.net", families="4",
        hostname="hostname=4711&x", settings=dict(LOGIN, tunnel="4711"))\
    .rows.clear()  # its hostname is the tunnel's number: see below
service("changeip", "nic.changeip.com", v4="ip", families="4", words=[
    ("200 Successful Update", "done"), ((401, ""), "refused"),
    ((429, ""), "slow"), ((500, ""), "retry"), ("what?", "retry")])\
    .rows.pop(0)
service("dnshome", "www.dnshome.de", "/dyndns.php", v4="ip", v6="ip6")
service("ipv64", "ipv64.net", hostname="domain", v4="ip", v6="ip6",
        settings={"token": TOKEN}, auth={"Authorization": "Bearer " + TOKEN})

t = Table("tunnelbroker", "ipv4.tunnelbroker.net",
          dict(LOGIN, tunnel="4711"), AUTH, families="4")
ASK = f"GET /nic/update?hostname=4711&myip={V4}"
t.row("IPv4", (ASK, f"good {V4}"))
t.answers((ASK, ""), table=WORDS)

# dy.fi takes the connection's address; www.dy.fi/page/specification.
t = Table("dy.fi", "www.dy.fi", LOGIN, AUTH, name="home.dy.fi", zone="dy.fi",
          families="4")
ASK = "GET /nic/update?hostname=home.dy.fi"
t.row("IPv4", (ASK, f"good {V4}"))
t.answers((ASK, ""), table=[w for w in WORDS if w[0] != "good 127.0.0.1"] + [
    ("badip 203.0.113.9", "refused")])

# nsupdate.info/docs: names are deleted by family at another path.
t = Table("nsupdate.info", "ipv4.nsupdate.info", {"password": PASSWORD},
          basic(NAME, PASSWORD))
t.row("IPv4 removed", (f"GET /nic/delete?hostname={NAME}&myip={V4}",
                       f"deleted {V4}"), families="4", ipv4=[],
      was={"ipv4": [V4]})

# Dynu's IP update protocol 2.4.21: `no` leaves a family alone.
t = Table("dynu", "api.dynu.com", LOGIN, AUTH, name="www.example.dynu.net",
          zone="example.dynu.net")
ASK = "GET /nic/update?hostname=example.dynu.net&alias=www&"
t.row("both", (ASK + f"myip={V4}&myipv6={V6}", "good"))
t.row("IPv4", (ASK + f"myip={V4}&myipv6=no", f"good {V4}"), families="4")
t.row("IPv6", (ASK + f"myip=no&myipv6={V6}", f"good {V6}"), families="6")
t.row("apex", ("GET /nic/update?hostname=example.dynu.net&"
               f"myip={V4}&myipv6={V6}", "good"), name="example.dynu.net")
t.answers((ASK + f"myip={V4}&myipv6=no", ""), families="4",
          table=WORDS + [("servererror", "retry")])

# Domeneshop: nothing is said but the status.
t = Table("domeneshop", "api.domeneshop.no",
          {"key": TOKEN, "secret": PASSWORD}, basic(TOKEN, PASSWORD))
ASK = f"GET /v0/dyndns/update?hostname={NAME}&myip="
t.row("both", (ASK + f"{V4},{V6}", 204))
t.row("IPv4", (ASK + V4, 204), families="4")
t.row("IPv6", (ASK + V6, 204), families="6")
t.answers((ASK + V4, 0), families="4", table=[
    ((401, ""), "refused"), ((404, ""), "refused"), ((429, ""), "slow"),
    ((500, ""), "retry"), ((418, ""), "retry", LATER)])
