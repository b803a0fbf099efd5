# SPDX-License-Identifier: MIT
"""A second reader of GS1 codes, made from the Syntax Dictionary's text and the standards alone. It can make values too.

Lists of codes (countries, currencies, packages) are not told again here: of them it knows a few of either kind.
"""
import re

DIGITS, UPPER, LOWER = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?" + UPPER + "_" + LOWER
SETS = {"N": DIGITS, "X": SET_82, "Y": "#-/" + DIGITS + UPPER, "Z": DIGITS + UPPER + LOWER + "-_"}
GS = "\x1d"
ADDRESS = set(DIGITS + UPPER + LOWER + "-._~:/?#[]@!$&'()*+,;=%")


class Undecided(Exception):
    """A code out of a list that is not told here."""


# ---- the rules that the dictionary names: (may the value be?, make one) ------------------------------------------------

def mod_10(digits):
    return str(-sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))) % 10)


PRIMES = [n for n in range(2, 600) if all(n % d for d in range(2, n))]
PAIR = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def pair_of(text):
    total = sum(SET_82.index(c) * p for c, p in zip(reversed(text), PRIMES)) % 1021
    return PAIR[total >> 5] + PAIR[total & 31]


def days(year, month):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def is_date(text, least=1):
    year, month, day = int(text[:-4]), int(text[-4:-2]), int(text[-2:])
    return 1 <= month <= 12 and least <= day <= days(2000 + year if len(text) == 6 else year, month)


def is_position(text):
    m = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
    return m is not None and int(m[1]) <= int(m[2])


def is_iban(text):
    if not 11 <= len(text) <= 34 or not re.fullmatch("[0-9A-Z]*", text[2:]):
        return False
    if listed(text[:2], "FR DE GB", "ZZ QQ XX 00"):
        turned = text[4:] + text[:4]
        return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
    return False


def listed(text, good, bad):
    if text in good.split():
        return True
    if text in bad.split():
        return False
    raise Undecided


class Coupon:
    """North American coupons, AI 8110 and 8112: fields, some with their length in front."""

    def __init__(self, text):
        self.rest = text

    def take(self, n):
        taken, self.rest = self.rest[:n], self.rest[n:]
        if len(taken) < n:
            raise ValueError
        return taken

    def one(self, allowed):
        c = self.take(1)
        if c not in allowed:
            raise ValueError
        return c

    def sized(self, allowed, more=0):
        return self.take(int(self.one(allowed)) + more)

    def purchase(self):
        self.sized("12345")
        self.one("012349")
        self.take(3)

    def company(self):
        n = self.one("01234569")
        if n != "9":
            self.take(int(n) + 6)

    def date(self):
        date = self.take(6)
        if not is_date(date):
            raise ValueError
        return date

    def has(self, tag):
        if self.rest[:1] == tag:
            self.take(1)
            return True
        return False

    def options(self):
        if self.has("1"):
            self.one("0123")
            self.purchase()
            self.company()
        if self.has("2"):
            self.purchase()
            self.company()
        ends = self.date() if self.has("3") else None
        if self.has("4") and self.date() > (ends or "999999"):
            raise ValueError
        if self.has("5"):
            self.sized(DIGITS, 6)
        if self.has("6"):
            self.sized("1234567", 6)
        if self.has("9"):
            self.one("01256")
            self.one("012")
            self.take(1)
            self.one("01")


def is_coupon(text, offer):
    coupon = Coupon(text)
    try:
        if not re.fullmatch("[0-9]+", text):
            return False
        if offer:
            coupon.one("01")
        coupon.sized("0123456", 6)
        coupon.take(6)
        if offer:
            coupon.sized(DIGITS, 6)
        else:
            coupon.sized("12345")
            coupon.purchase()
            coupon.options()
    except ValueError:
        return False
    return coupon.rest == ""


def pick(r, text):
    return r.choice(text.split())


def some_date(r, least=1):
    year, month = r.randrange(100), r.randint(1, 12)
    return "%02d%02d%02d" % (year, month, r.randint(least, days(2000 + year, month)))


RULES = {
    "csum": (lambda t: t[-1] == mod_10(t[:-1]), lambda r, t: t[:-1] + mod_10(t[:-1])),
    "csumalpha": (lambda t: len(t) >= 2 and t[-2:] == pair_of(t[:-2]), lambda r, t: t[:-2] + pair_of(t[:-2])),
    "gcppos1": (lambda t: re.match("[0-9]{4}", t) is not None, lambda r, t: "9521" + t[4:] if len(t) > 4 else "9521"),
    "gcppos2": (lambda t: re.match(".[0-9]{4}", t) is not None, lambda r, t: t),
    "yymmdd": (is_date, lambda r, t: some_date(r)),
    "yymmd0": (lambda t: is_date(t, 0), lambda r, t: some_date(r, 0)),
    "yyyymmdd": (is_date, lambda r, t: r.choice("12") + "9" + some_date(r) if r.random() < .5 else "20000229"),
    "hh": (lambda t: int(t) < 24, lambda r, t: "%02d" % r.randrange(24)),
    "mi": (lambda t: int(t) < 60, lambda r, t: "%02d" % r.randrange(60)),
    "ss": (lambda t: int(t) < 60, lambda r, t: "%02d" % r.randrange(60)),
    "hhmi": (lambda t: int(t[:2]) < 24 and int(t[2:]) < 60, lambda r, t: "%02d%02d" % (r.randrange(24), r.randrange(60))),
    "iso3166": (lambda t: listed(t, "004 276 826 840", "000 001 999"), lambda r, t: pick(r, "004 276 826 840")),
    "iso3166999": (lambda t: listed(t, "004 276 826 840 999", "000 001"), lambda r, t: pick(r, "004 999")),
    "iso3166alpha2": (lambda t: listed(t, "FR DE GB", "ZZ QQ XX"), lambda r, t: pick(r, "FR DE GB")),
    "iso4217": (lambda t: listed(t, "978 826 840", "000 001"), lambda r, t: pick(r, "978 826 840")),
    "packagetype": (lambda t: listed(t, "PX 1A 8 APE", "QZ 0"), lambda r, t: pick(r, "PX 1A 8 APE")),
    "mediatype": (lambda t: 1 <= int(t) <= 10 or int(t) >= 80, lambda r, t: pick(r, "01 10 80 99")),
    "iso5218": (lambda t: t in "0129", lambda r, t: r.choice("0129")),
    "yesno": (lambda t: t in "01", lambda r, t: r.choice("01")),
    "winding": (lambda t: t in "019", lambda r, t: r.choice("019")),
    "latitude": (lambda t: int(t) <= 1800000000, lambda r, t: "%010d" % r.randint(0, 1800000000)),
    "longitude": (lambda t: int(t) <= 3600000000, lambda r, t: "%010d" % r.randint(0, 3600000000)),
    "posinseqslash": (is_position, lambda r, t: pick(r, "1/1 2/3 9/9")),
    "pieceoftotal": (lambda t: 0 < int(t[:len(t) // 2]) <= int(t[len(t) // 2:]), lambda r, t: pick(r, "0101 0102 9999 0910")),
    "zero": (lambda t: set(t) == {"0"}, lambda r, t: "0" * len(t)),
    "nonzero": (lambda t: t.strip("0") != "", lambda r, t: t[:-1] + "7"),
    "nozeroprefix": (lambda t: t[0] != "0", lambda r, t: "7" + t[1:]),
    "hasnondigit": (lambda t: not t.isdigit(), lambda r, t: t),
    "hyphen": (lambda t: set(t) == {"-"}, lambda r, t: "-" * len(t)),
    "pcenc": (lambda t: not re.search("%(?![0-9A-Fa-f]{2})", t), lambda r, t: t.replace("%", "x")[:-3] + "%4a" if len(t) > 3 else "x"),
    "importeridx": (lambda t: t in SETS["Z"], lambda r, t: r.choice(SETS["Z"])),
    "iban": (is_iban, lambda r, t: "FR7630006000011234567890189"),
    "couponcode": (lambda t: is_coupon(t, False), lambda r, t: "0614141123456210150123" + r.choice(
        ("", "3261231", "32612314260101", "10150456", "101504569", "50123456", "61" + "9521234", "90010", "9")[:8])),
    "couponposoffer": (lambda t: is_coupon(t, True), lambda r, t: "001234561234560123456"),
}


# ---- the dictionary ----------------------------------------------------------------------------------------------------

class Part:
    def __init__(self, text):
        m = re.fullmatch(r"(\[?)([NXYZ])(\.\.)?(\d+)\]?((?:,\w+)*)", text)
        self.optional, self.set, self.max = m[1] == "[", m[2], int(m[4])
        self.min = 1 if m[3] else self.max
        self.rules = m[5].split(",")[1:]

    def holds(self, text):
        body = text
        if self.set == "Z":  # = stands at the end, and fills a group of three up
            body = text.rstrip("=")
            fill = len(text) - len(body)
            if fill > 2 or fill and len(text) % 3:
                return False
        return all(c in SETS[self.set] for c in body) and all(RULES[rule][0](text) for rule in self.rules)

    def make(self, r):
        n = r.choice((self.min, self.max, r.randint(self.min, self.max)))
        n = max(n, 6) if self.max >= 6 else n
        text = "".join(r.choice(SETS[self.set]) for _ in range(n))
        for rule in sorted(self.rules, key=lambda name: name.startswith("csum")):  # check digits are the last thing
            text = RULES[rule][1](r, text)
        return text


class Ai:
    def __init__(self, code, flags, parts, attributes):
        self.code, self.parts = code, parts
        self.fixed, self.attribute = "*" in flags, "?" in flags
        self.excludes = attributes.get("ex", "").split(",") if "ex" in attributes else []
        self.key = "dlpkey" in attributes
        self.orders = [order.split(",") if order else [] for order in (attributes.get("dlpkey") or "").split("|")]
        self.least = sum(part.min for part in parts if not part.optional)
        self.most = sum(part.max for part in parts)

    def holds(self, value):
        if not value:
            return False
        for part in self.parts:
            taken, value = value[:part.max], value[part.max:]
            if part.optional and not taken:
                continue
            if len(taken) < part.min or not part.holds(taken):
                return False
        return value == ""

    def make(self, r):
        parts = [part for part in self.parts if not part.optional or r.random() < .6]
        while True:
            value = "".join(part.make(r) for part in parts)
            try:
                if self.holds(value):
                    return value
            except Undecided:
                pass


def read_dictionary(path):
    table = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split()
            if not words:
                continue
            first, _, last = words.pop(0).partition("-")
            flags = words.pop(0) if set(words[0]) <= set("*?!\"$%&'()+,-./:;<=>@[\\]^_`{|}~") else ""
            parts = [Part(word) for word in words if re.match(r"\[?[NXYZ](\.\.)?\d", word)]
            attributes = dict(word.partition("=")[::2] for word in words if re.match(r"(ex|dlpkey)\b", word))
            for number in range(int(first), int(last or first) + 1):
                code = "%0*d" % (len(first), number)
                table[code] = Ai(code, flags, parts, attributes)
    return table


# ---- the oracle --------------------------------------------------------------------------------------------------------

class Oracle:
    """Answers a list of (code, value), or None for a scan that breaks a rule."""

    def __init__(self, table):
        self.table = table
        self.lengths = {code[:2]: len(code) for code in table}

    def read(self, scan):
        aim, text = scan[:3], scan[3:]
        if aim in ("]C1", "]e0", "]d2", "]Q3", "]J1"):
            return self.read_string(text)
        if aim in ("]d1", "]Q1", "]J0"):
            return self.read_link(text) if re.match("https?://", text, re.I) else []
        main, composite = (text.split("|]e0") + [None])[:2]
        size = {"]E0": 13, "]E4": 8}[aim]
        if not re.fullmatch("[0-9]{%d}" % size, main) or main[-1] != mod_10(main[:-1]):
            return None
        return self.read_string(composite) if composite is not None else []

    def read_string(self, text):
        elements = []
        while text:
            ai = self.table.get(text[:self.lengths.get(text[:2], 5)])
            if not ai:
                return None
            value, gs, rest = text[len(ai.code):].partition(GS)
            if ai.fixed and len(value) > ai.most:
                value, rest, gs = value[:ai.most], value[ai.most:] + gs + rest, ""
            if not ai.holds(value):
                return None
            elements.append((ai.code, value))
            text = rest
        return self.together(elements)

    def together(self, elements):
        """What may stand side by side."""
        if not 0 < len(elements) <= 64 or len(dict(elements)) != len(set(elements)):
            return None
        for code, _ in elements:
            for pattern in self.table[code].excludes:
                wanted = pattern.replace("n", r"\d")
                if any(other != code and re.fullmatch(wanted, other) for other, _ in elements):
                    return None
        values = dict(elements)
        if "8030" in values and any(len(values.get(key, "")) == self.table[key].least for key in ("253", "255", "8003")):
            return None
        return elements

    def read_link(self, text):
        if not set(text) <= ADDRESS:
            return None
        rest = text.partition("://")[2].partition("#")[0]
        rest, _, query = rest.partition("?")
        host, *path = rest.split("/")
        if not host or set(host) & set("_~?#@!$&'()*+,;=%"):
            return None
        run = []
        while len(path) >= 2 and path[-2] in self.table:
            run.insert(0, (path[-2], unescape(path[-1], False)))
            if self.table[path[-2]].key:
                break
            path = path[:-2]
        if not run or not self.table[run[0][0]].key:
            return None
        codes = [code for code, _ in run[1:]]
        orders = self.table[run[0][0]].orders
        if not any(in_order(codes, order) for order in orders):
            return None
        elements = run + self.read_query(query, codes, orders)
        if len({code for code, _ in elements}) < len(elements):
            return None
        if not all(code in self.table and self.table[code].holds(value) for code, value in elements):
            return None
        return self.together(elements)

    def read_query(self, query, codes, orders):
        elements = []
        for parameter in query.split("&"):
            name, equals, value = parameter.partition("=")
            if not equals or not re.fullmatch("[0-9]*", name):
                continue
            ai = self.table.get(name)
            stands_in_path = any(name in order and all(code in order for code in codes) for order in orders)
            if not ai or not ai.attribute or stands_in_path:
                return [("", "")]
            elements.append((name, unescape(value, True)))
        return elements


def in_order(codes, order):
    rest = iter(order)
    return all(code in rest for code in codes)


def unescape(text, query):
    if query:
        text = text.replace("+", " ")
    return re.sub("%([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), text)
