"""Services with a URL and words of their own."""

from provider_rows import PASSWORD, TOKEN, V4, V6, Table, basic

NAME = "www.example.org"
LOGIN = {"username": "us er", "password": PASSWORD}
LATER = (900, 86400)


def quote(text):
    return "".join(c if c.isalnum() and c.isascii() else "".join(
        f"%{b:02X}" for b in c.encode()) for c in text)


T, P = quote(TOKEN), quote(PASSWORD)
COMMON = [
    ((429, "", {"Retry-After": "77"}), "slow", 77), ((500, ""), "retry"),
    ((503, ""), "retry"), ((418, "?"), "retry", LATER), ("", "retry"),
    ("<html>OK good</html>", "retry"),
]

# duckdns.org/spec.jsp, and a recording.
t = Table("duckdns", "www.duckdns.org", {"token": TOKEN},
          name="home.duckdns.org", zone="duckdns.org")
ASK = f"GET /update?domains=home&token={T}&verbose=true"
t.row("both", (f"{ASK}&ip={V4}&ipv6={V6}", f"OK\n{V4}\n{V6}\nUPDATED"))
t.row("IPv4", (f"{ASK}&ip={V4}", f"OK\n{V4}\n\nUPDATED"), families="4")
t.row("IPv6", (f"{ASK}&ipv6={V6}", f"OK\n\n{V6}\nUPDATED"), families="6")
t.answers((f"{ASK}&ip={V4}", ""), families="4", table=COMMON + [
    (f"OK\n{V4}\n\nNOCHANGE", "unchanged"), ("OK", "done"),
    ("OK\r\n", "done"), ("KO", "refused"), ("OKAY", "retry")])

t.row("it cannot be looked at", out="refused", look=True)

# dynv6.com/docs/apis: what is absent is left alone.
t = Table("dynv6", "dynv6.com", {"token": TOKEN}, name="home.dynv6.net",
          zone="home.dynv6.net")
ASK = f"GET /api/update?zone=home.dynv6.net&token={T}"
t.row("both", (f"{ASK}&ipv4={V4}&ipv6={V6}", "addresses updated"))
t.row("IPv4", (f"{ASK}&ipv4={V4}", "addresses updated"), families="4")
t.row("IPv6", (f"{ASK}&ipv6={V6}", "addresses updated"), families="6")
t.row("removed", (f"{ASK}&ipv4=-", "addresses updated"), families="4",
      ipv4=[], was={"ipv4": [V4]})
t.answers((f"{ASK}&ipv4={V4}", ""), families="4", table=COMMON + [
    ("addresses unchanged", "unchanged"), ((401, "invalid token"), "refused"),
    ((404, "zone not found"), "refused")])

# deSEC's update API: `preserve` keeps a family, silence deletes it.
t = Table("desec-dyndns", "update.dedyn.io", {"token": TOKEN},
          {"Authorization": "Token " + TOKEN}, name="home.dedyn.io",
          zone="home.dedyn.io")
ASK = "GET /?hostname=home.dedyn.io&"
t.row("both", (f"{ASK}myipv4={V4}&myipv6={V6}", "good"))
t.row("IPv4", (f"{ASK}myipv4={V4}&myipv6=preserve", "good"), families="4")
t.row("IPv6", (f"{ASK}myipv4=preserve&myipv6={V6}", "good"), families="6")
t.row("IPv4 removed", (f"{ASK}myipv4=&myipv6=preserve", "good"),
      families="4", ipv4=[], was={"ipv4": [V4]})
t.answers((f"{ASK}myipv4={V4}&myipv6=preserve", ""), families="4",
          table=COMMON + [
    ((400, "nohost"), "refused"), ((401, "badauth"), "refused"),
    ((404, "nohost"), "refused")])

# freedns.afraid.org, version 2: one token for each record.
t = Table("freedns", "sync.afraid.org", {"token": TOKEN})
ASK = f"GET /u/{T}/?address="
t.row("both", (ASK + V4, f"Updated {NAME} from 192.0.2.1 to {V4}"),
      (ASK + V6, "No IP change detected"), out="done/unchanged")
t.answers((ASK + V4, ""), families="4", table=COMMON + [
    (f"Updated 1 host(s) {NAME} to {V4} in 0.1 seconds", "done"),
    (f"No IP change detected for {NAME} with IP {V4}, skipping update",
     "unchanged"),
    ("ERROR: Invalid update URL (2)", "refused"),
    ("ERROR: Unable to locate this record (changed password recently?)",
     "refused"),
    (f"ERROR: Address {V4} has not changed.", "unchanged"),
    ("Couldn't find that", "refused")])

# Namecheap's dynamic DNS: IPv4 only; its XML lies about its charset.
t = Table("namecheap", "dynamicdns.park-your-domain.com",
          {"password": PASSWORD}, families="4")


def namecheap(host):
    return (f"GET /update?host={host}&domain=example.org&password={P}"
            f"&ip={V4}")


def xml(count, error=""):
    return ('<?xml version="1.0" encoding="utf-16"?><interface-response>'
            f"<Command>SETDNSHOST</Command><IP>{V4}</IP><ErrCount>{count}"
            f"</ErrCount><errors>{error}</errors><Done>true</Done>"
            "</interface-response>")


t.row("IPv4", (namecheap("www"), xml(0)))
t.row("apex", (namecheap("%40"), xml(0)), name="example.org")
t.row("wildcard", (namecheap("%2A"), xml(0)), name="*.example.org")
t.row("below", (namecheap("a.b"), xml(0)), name="a.b.example.org")
t.answers((namecheap("www"), ""), table=COMMON + [
    (xml(1, "<Err1>Passwords do not match</Err1>"), "refused"),
    (xml(1, "<Err1>Domain name not found</Err1>"), "refused"),
    (xml(1, "<Err1>No Records updated. A record not Found;</Err1>"),
     "refused")])

# ddnss.de
t = Table("ddnss", "www.ddnss.de", {"token": TOKEN}, name="home.ddnss.de",
          zone="ddnss.de")
ASK = f"GET /upd.php?key={T}&host=home.ddnss.de"
t.row("both", (f"{ASK}&ip={V4}&ip6={V6}", "good"))
t.row("IPv4", (f"{ASK}&ip={V4}", "good"), families="4")
t.row("IPv6", (f"{ASK}&ip6={V6}", "good"), families="6")
t.answers((f"{ASK}&ip={V4}", ""), families="4", table=COMMON[:-1] + [
    ("<html><body>Updated 1 hostname.</body></html>", "done"),
    ("<html><body>No change in IP</body></html>", "unchanged"),
    ("badauth", "refused"), ("notfqdn", "refused"), ("badysys", "refused"),
    ("badsys", "refused"), ("<html>what?</html>", "retry")])

# goip.de
t = Table("goip", "www.goip.de", LOGIN, name="home.goip.de", zone="goip.de")
ASK = (f"GET /setip?username=us%20er&password={P}&subdomain=home.goip.de"
       "&shortResponse=true")
t.row("both", (f"{ASK}&ip={V4}&ip6={V6}", f"home.goip.de ({V4}, {V6})"))
t.row("IPv4", (f"{ASK}&ip={V4}", f"home.goip.de ({V4})"), families="4")
t.row("IPv6", (f"{ASK}&ip6={V6}", f"home.goip.de ({V6})"), families="6")
t.answers((f"{ASK}&ip={V4}", ""), families="4", table=COMMON + [
    ("Zugriff verweigert", "refused"), ("kaputt", "retry")])

# easyDNS: one family a call, HTML about a word.
t = Table("easydns", "api.cp.easydns.com", LOGIN, basic("us er", PASSWORD))
ASK = f"GET /dyn/generic.php?hostname={NAME}&myip="
t.row("both", (ASK + V4, "OK"), (ASK + V6, "NOERROR"))
t.answers((ASK + V4, ""), families="4", table=COMMON[:-1] + [
    ("no_error", "done"), ("<html>NOERROR</html>", "done"),
    ("no update required", "unchanged"), ("NOACCESS", "refused"),
    ("NO_AUTH", "refused"), ("NOSERVICE", "refused"),
    ("ILLEGAL INPUT", "refused"), ("no_access", "refused"),
    ("no_service", "refused"), ("illegal_input", "refused"),
    ("TOOSOON", "slow"), ("TOO_FREQ", "slow"), ("too_soon", "slow")])

# ZoneEdit: several tags may share a line.
t = Table("zoneedit", "dynamic.zoneedit.com", LOGIN,
          basic("us er", PASSWORD), families="4")
ASK = f"GET /auth/dynamic.html?host={NAME}&dnsto={V4}"
t.row("IPv4", (ASK, f'<SUCCESS CODE="200" TEXT="{NAME} updated to {V4}" '
                    'ZONE="example.org">'))
t.answers((ASK, ""), table=COMMON + [
    ('<SUCCESS CODE="201" TEXT="no records need updating" ZONE="">',
     "unchanged"),
    ('<ERROR CODE="707" TEXT="Duplicate updates for the same host/ip">',
     "unchanged"),
    ('<ERROR CODE="702" TEXT="minimum 600 seconds between requests">',
     "slow"),
    ('<ERROR CODE="708" TEXT="Failed Login: us er" ZONE="">', "refused"),
    ('<ERROR CODE="709" TEXT="Invalid Hostname: x" ZONE="">', "refused"),
    ('<ERROR CODE="799" TEXT="?">', "retry")])

# DNS Made Easy's dynamic DNS: the last line is the answer.
t = Table("dnsmadeeasy", "cp.dnsmadeeasy.com",
          dict(LOGIN, **{"record-id": "1234"}), families="4")
ASK = (f"GET /servlet/updateip?username=us%20er&password={P}&id=1234"
       f"&ip={V4}")
t.row("IPv4", (ASK, "success"))
t.answers((ASK, ""), table=COMMON + [
    ("success\n", "done"), ("error-record-ip-same", "unchanged"),
    ("error-auth", "refused"), ("error-auth-voided", "refused"),
    ("error-record-invalid", "refused"), ("error-record-auth", "refused"),
    ("error-auth-suspend", "refused"), ("error-system", "retry"),
    ("error", "retry")])

# Njalla's dynamic DNS
t = Table("njalla", "njal.la", {"token": TOKEN})
ASK = f"GET /update/?h={NAME}&k={T}"
OK = {"status": 200, "message": "record updated",
      "value": {"A": V4, "AAAA": V6}}
t.row("both", (f"{ASK}&a={V4}&aaaa={V6}", OK))
t.row("IPv4", (f"{ASK}&a={V4}", OK), families="4")
t.row("IPv6", (f"{ASK}&aaaa={V6}", OK), families="6")
t.answers((f"{ASK}&a={V4}", ""), families="4", table=COMMON + [
    ((401, {"status": 401, "message": "invalid host or key"}), "refused"),
    ({"status": 401, "message": "invalid host or key"}, "refused"),
    ((500, {"status": 500, "message": "?"}), "retry")])

# DNSExit's API 2: seconds are minutes, the code is in the body.
t = Table("dnsexit", "api.dnsexit.com", {"token": TOKEN})


def dnsexit(name, *updates):
    return ("POST /dns/", {"apikey": TOKEN, "domain": "example.org",
                           "update": [{"type": kind, "name": name,
                                       "content": content, "ttl": 5}
                                      for kind, content in updates]})


def code(n):
    return {"code": n, "details": ["?"], "message": "?"}


A, AAAA = ("A", V4), ("AAAA", V6)
t.row("both", (*dnsexit("www", A, AAAA), code(0)), ttl=300)
t.row("IPv6", (*dnsexit("www", AAAA), code(0)), ttl=300, families="6")
t.row("apex", (*dnsexit("", A), code(0)), ttl=300, families="4",
      name="example.org")
t.answers((*dnsexit("www", A), 0), families="4", ttl=300, table=COMMON + [
    (code(0), "done"), (code(2), "refused"), (code(3), "refused"),
    (code(4), "refused"), (code(5), "refused"), (code(6), "retry"),
    (code(7), "retry"), (code(1), "retry"), (code(99), "retry")])
