"""The rows that APIs of one kind have in common.

Records: addresses are records with ids, which are listed, changed, made and
deleted one by one.  Sets: the service keeps the whole RRset under its name
and type.  The methods of both are what one service makes of it.
"""

from provider_rows import OLD4, OLD6, V4, V6

OTHER4 = "198.51.100.99"  # somebody else's, at the same name
WWW, APEX, STAR = "www.example.org", "example.org", "*.example.org"
OLD = {"A": OLD4, "AAAA": OLD6}
NEW = {"A": V4, "AAAA": V6}
IDS = {"A": "101", "AAAA": "102"}


# Of a portal, a proxy, a server that has trouble: nothing was read, so it is
# not known that nothing is there; and nothing was done.
PAGE = "<!DOCTYPE html>\n<html><title>Please log in</title></html>"
NOT_READ = [((200, PAGE), "retry"), ((200, ""), "retry"),
            ((200, "It works"), "retry")]
NOT_DONE = [((200, PAGE), "retry")]


class Api:
    ttl = 3600       # of the records that are there
    default_ttl = 300  # of records that are made
    job_ttl = 900
    per_name = True  # one question for both families
    prelude = ()     # what is asked before: sessions, zones

    def __init__(self, table):
        self.t = table

    @property
    def zones(self):
        """What is asked again when the zone was forgotten."""
        return self.prelude

    def go(self, title, talk, **row):
        self.t.row(title, *self.prelude, *talk, **row)

    def answers(self, read=(), write=(), prelude=(), at=0):
        """Rows of answers to reading, to writing, and before both."""
        reading = self.reads(WWW, {"A": [("1", OLD4)]}, "A")
        change = self.change(WWW, "A", [("1", OLD4)], [V4])
        first = list(self.prelude)
        if prelude:
            self.t.answers(*first[:at + 1], table=prelude + NOT_READ,
                           families="4")
        if read:
            self.t.answers(*first, reading[0], table=read + NOT_READ,
                           families="4")
        if write:
            self.t.answers(*first, *reading, change[0], table=write +
                           NOT_DONE, families="4")

    def standard(self, wildcard=True, withdraw=True, many=True, make=True):
        both = {k: [(IDS[k], v)] for k, v in OLD.items()}
        new = {k: [(IDS[k], v)] for k, v in NEW.items()}
        self.go("both change", self.reads(WWW, both) + [
            e for k in NEW for e in self.change(WWW, k, both[k], [NEW[k]])])
        self.go("nothing to do", self.reads(WWW, new), out="unchanged")
        self.go("looked at", self.reads(WWW, both), look=True, values={
            "ipv4": [OLD4], "ipv6": [OLD6]})
        self.go("nothing there to be seen", self.reads(WWW, {}, "A"),
                look=True, families="4", values={"ipv4": []})
        self.go("one changes", self.reads(WWW, dict(new, A=both["A"])) +
                self.change(WWW, "A", both["A"], [V4]), out="done/unchanged")
        self.go("IPv6 alone", self.reads(WWW, both, "AAAA") +
                self.change(WWW, "AAAA", both["AAAA"], [V6]), families="6")
        self.go("a TTL is wanted", self.reads(WWW, both, "A") + self.change(
            WWW, "A", both["A"], [V4], self.job_ttl), families="4",
            ttl=self.job_ttl)
        if make:
            self.go("made", self.reads(WWW, {}) + [
                e for k in NEW for e in self.make(WWW, k, [NEW[k]])])
            self.go("made with a TTL", self.reads(WWW, {}, "A") + self.make(
                WWW, "A", [V4], self.job_ttl), families="4", ttl=self.job_ttl)
            self.go("not to be made", self.reads(WWW, {}, "A"), families="4",
                    create=False, out="refused")
        for name in (APEX, STAR) if wildcard else (APEX,):
            self.go(name, self.reads(name, both, "A") + self.change(
                name, "A", both["A"], [V4]), families="4", name=name)
        if many:
            pair = [("8", OTHER4), ("9", OLD4)]
            self.go("another's stays", self.reads(WWW, {"A": pair}, "A") +
                    self.change(WWW, "A", pair, [V4, OTHER4]), families="4",
                    was={"ipv4": [OLD4]})
        if withdraw:
            mine = [("9", V4)]
            self.withdraw("taken away", mine, self.drop(WWW, "A", mine, []))
            self.withdraw("already away", [("8", OTHER4)], [],
                          out="unchanged")
            if many:
                pair = [("8", OTHER4), ("9", V4)]
                self.withdraw("only ours is taken away", pair,
                              self.drop(WWW, "A", pair, [OTHER4]))

    def withdraw(self, title, there, talk, **row):
        self.go(title, self.reads(WWW, {"A": there}, "A") + talk,
                families="4", ipv4=[], was={"ipv4": [V4]}, **row)

    def reads(self, name, there, only=None):
        """There: type to (id, value) pairs."""
        kinds = [only] if only else ["A", "AAAA"]
        if self.per_name:
            return [self.read(name, kinds, [
                (i, k, v) for k in there for i, v in there[k]])]
        return [self.read(name, [k], [(i, k, v)
                                      for i, v in there.get(k, [])])
                for k in kinds]


class Records(Api):
    """read(), update(), create(), delete() come from the service."""

    def change(self, name, kind, there, wanted, ttl=None):
        old = next(r for r in there if r[1] not in wanted)
        new = next(w for w in wanted if w not in [r[1] for r in there])
        return self.update(name, kind, old[0], old[1], new, ttl or self.ttl)

    def make(self, name, kind, wanted, ttl=None):
        return [e for w in wanted for e in self.create(
            name, kind, w, ttl or self.default_ttl)]

    def drop(self, name, kind, there, left):
        return [e for i, v in there if v not in left
                for e in self.delete(name, kind, i, v)]


class Sets(Api):
    """read(), put(), remove() come from the service."""

    per_name = False

    def change(self, name, kind, there, wanted, ttl=None):
        return self.put(name, kind, wanted, ttl or self.ttl)

    def make(self, name, kind, wanted, ttl=None):
        return self.put(name, kind, wanted, ttl or self.default_ttl)

    def drop(self, name, kind, there, left):
        if left:
            return self.put(name, kind, left, self.ttl)
        return self.remove(name, kind)


def label(name, apex="@", zone="example.org"):
    return apex if name == zone else name[:-len(zone) - 1]
