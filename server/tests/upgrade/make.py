#!/usr/bin/env python3
"""Makes `0014.sql.gz`: a database as the first released schema (migrations 0001 to 0014) held it, with a little of all
that Souk stores, dumped as plain SQL.

    make.py SOUK SITE MODELS FOLDER

SOUK is a program of that schema (any commit whose last migration is 0014), SITE and MODELS are its page and its models
file, FOLDER is a new folder for its data, which the user `postgres` can enter. It plays everything through the program's own doors, over HTTP
and by its commands. Ids and times differ from one making to the next, so the fixture is made once and kept.
"""

import gzip
import http.cookiejar
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

HERE = pathlib.Path(__file__).resolve().parent
FIXTURE = HERE / "0014.sql.gz"

POPULATION = """
seed = 3
mechanism = "bargaining"
goods = 2
steps = 60
rounds = 6
talks_at_once = 2
sees = 3
ratings = true
[[sellers]]
count = 3
negotiator = "linear"
cost = [0.4, 0.7]
stock = [1, 2]
[[sellers]]
count = 2
negotiator = "persuadable"
cost = [0.4, 0.7]
stock = [1, 2]
[[buyers]]
count = 6
negotiator = "boulware"
value = [0.5, 0.95]
wants = 1
arrives = [1, 10]
"""

RUN = """
iterations = 2
[rollout]
products = 2
group = 2
[keep]
every = 1
[evaluation]
times = 0
times_between = 0
"""

PLAN = """
measured = ["linear"]
products = 2
rollouts = 1
"""


class Client:
    """A browser that follows no redirection."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    def __init__(self, base):
        self.base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar, self.Stay)

    def ask(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(self.base + path, method=method, data=body)
        request.add_header("content-type", kind)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read().decode()

    def get(self, path):
        status, _, text = self.ask("GET", path)
        assert status == 200, (path, status, text)
        return json.loads(text)

    def post(self, path, body):
        status, _, text = self.ask("POST", path, json.dumps(body).encode())
        assert status < 300, (path, status, text)
        return json.loads(text) if text else None

    def form(self, path, **fields):
        body = urllib.parse.urlencode(fields).encode()
        status, headers, text = self.ask("POST", path, body, "application/x-www-form-urlencoded")
        assert status == 303, (path, status, text)
        return headers["location"]

    def start(self, product, buyer, seller, **more):
        seat = lambda name: {"type": name} if name in ("me", "invite") else {"type": "negotiator", "name": name}
        seats = {"buyer": seat(buyer), "seller": seat(seller)}
        body = {"product": product, "seats": seats, "seed": 11, "key": str(uuid.uuid4()), **more}
        return self.post("/api/v1/episodes", body)["id"]

    def play(self, episode, act, talk="How about this?"):
        body = {"key": str(uuid.uuid4()), "talk": talk, "act": act}
        return self.post(f"/api/v1/episodes/{episode}/moves", body)

    def page(self, episode):
        return self.get(f"/api/v1/episodes/{episode}")

    def until(self, episode, enough):
        for _ in range(600):
            page = self.page(episode)
            if enough(page):
                return page
            time.sleep(0.1)
        raise SystemExit(f"episode {episode} does not go on")


def over(page):
    return page["head"]["status"] == "over"


def moves(page):
    return sum(event["kind"] == "moved" for event in page["events"])


def offer(price):
    return {"type": "offer", "price": price}


def accept(price):
    return {"type": "accept", "price": price}


def own_limit(page):
    """Who reads sees the own one alone."""
    return next(event["body"]["limit"] for event in page["events"] if event["kind"] == "limit_set")


def bargain(client, episode, prices, last):
    """Offers one price after the other, then does the last act. Either side may end it before."""
    answered = 0
    for price in prices:
        if over(client.page(episode)):
            return
        client.play(episode, offer(price))
        answered += 2
        client.until(episode, lambda page: over(page) or moves(page) >= answered)
    if not over(client.page(episode)):
        client.play(episode, last(client.page(episode)))
        client.until(episode, over)


def standing(page):
    """The other side's last price."""
    acts = [event["body"]["act"] for event in page["events"] if event["kind"] == "moved"]
    offers = [act["price"] for act in acts[1::2] if act["type"] == "offer"]
    return offers[-1]


def people(base, products):
    ada, bob = Client(base), Client(base)
    mills = lambda product, share: int(product["list_price"] * share)
    first, second, third = products[:3]
    bargain(
        ada,
        ada.start(first["id"], "me", "conceder"),
        [mills(first, share) for share in (0.4, 0.44, 0.48, 0.5)],
        lambda page: accept(standing(page)),
    )
    bargain(ada, ada.start(second["id"], "me", "boulware"), [mills(second, 0.3)], lambda _: {"type": "quit"})
    bargain(ada, ada.start(third["id"], "me", "demo"), [mills(third, 0.35), mills(third, 0.4)], lambda _: {"type": "quit"})
    # Two people, by a link.
    invited = ada.start(first["id"], "me", "invite")
    token = ada.page(invited)["head"]["invite"].rsplit("/", 1)[1]
    bob.post(f"/api/v1/episodes/{invited}/join", {"token": token})
    price = (own_limit(ada.page(invited)) + own_limit(bob.page(invited))) // 2
    ada.play(invited, offer(price * 9 // 10))
    bob.play(invited, {"type": "reject"}, "Too little.")
    ada.play(invited, offer(price))
    bob.play(invited, accept(price), "Fine.")
    # One that waits, one in the middle, two negotiators that are watched.
    ada.start(second["id"], "me", "invite")
    middle = bob.start(third["id"], "me", "conceder")
    bob.play(middle, offer(mills(third, 0.3)))
    bob.until(middle, lambda page: moves(page) >= 2)
    watched = ada.start(first["id"], "demo", "persuadable", pace={"interval_ms": 0, "paused": False})
    ada.until(watched, over)
    return ada, watched


def study(ada):
    home = ada.form("/research/studies", slug="selling")
    fields = {"version": 1, "part": "conditions", "do": "keep"}
    fields |= {"conditions[0].opponent": "linear", "conditions[1].opponent": "demo"}
    ada.form(f"{home}/form", **fields)
    ada.form(f"{home}/do", do="pilot")
    # One who comes by a platform, and stops at the questions.
    ann = Client(ada.base)
    ann.ask("GET", "/s/selling?PROLIFIC_PID=5f0c9d2e7a1b4c3d8e6f7a90&STUDY_ID=s&SESSION_ID=t")
    ann.form("/s/selling/enter", PROLIFIC_PID="5f0c9d2e7a1b4c3d8e6f7a90")
    ann.form("/s/selling/do", do="consent", step=1)
    ada.form(f"{home}/do", do="bots", text="8")
    return home


def publish(ada):
    """The run's last checkpoint plays from now on."""
    run = ada.get("/api/v1/training/runs")[0]["id"]
    checkpoint = ada.get(f"/api/v1/training/runs/{run}")["checkpoints"][0]["id"]
    ada.post(f"/api/v1/training/checkpoints/{checkpoint}/publish", {})


def souk(program, folder, environment, *args):
    """By its own name, wherever it lies: evaluations keep the command."""
    command = ["souk", *args]
    subprocess.run(command, executable=program, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def dump(folder):
    """As plain SQL with rows as COPY; without owners, so that it loads into any database."""
    socket_folder = folder / "data" / "postgres" / "run"
    command = ["pg_dump", "-h", str(socket_folder), "-U", "souk", "--no-owner", "--no-privileges", "souk"]
    text = subprocess.run(command, check=True, capture_output=True).stdout
    # `\restrict` and its end are for programs that read dumps of strangers, and not known to all versions of psql.
    lines = [line for line in text.splitlines(True) if not line.startswith((b"\\restrict", b"\\unrestrict"))]
    # The same text is the same file.
    FIXTURE.write_bytes(gzip.compress(b"".join(lines), 9, mtime=0))


def main():
    program, site, models, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(mode=0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SOUK_")}
    environment.pop("DATABASE_URL", None)
    environment |= {
        "SOUK_ADDR": f"127.0.0.1:{port}",
        "SOUK_DATA": str(folder / "data"),
        "SOUK_SITE": site,
        "SOUK_MODELS": models,
        "SOUK_WORKER": "none",
        "SOUK_STUDY_THINK_MS": "0",
        "SOUK_LOG": "warn",
    }
    served = subprocess.Popen([program, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        served.stdout.readline()
        link = served.stdout.readline().split()[-1]

        products = Client(base).get("/api/v1/products")["items"]
        ada, watched = people(base, products)
        ada.form(link.removeprefix(base))
        ada.form(f"/research/episodes/{watched}/tags", tag="odd")
        ada.form(f"/research/episodes/{watched}/ratings", scale="sense", score="4", note="so")
        ladder = ada.form("/research/ladders", title="All", conditions="")
        home = study(ada)
        souk(program, folder, environment, "eval", "--buyer", "linear", "--seller", "conceder", "--products", "4", "--rollouts", "2")
        souk(program, folder, environment, "eval", "--buyer", "demo", "--seller", "persuadable", "--products", "2", "--rollouts", "1")
        (folder / "population.toml").write_text(POPULATION)
        souk(program, folder, environment, "market", "run", "population.toml", "--store")
        souk(program, folder, environment, "train", "--detach", "--label", "small", "--set", RUN)
        souk(program, folder, environment, "eval", "--plan", "custom", "--detach", "--label", "small", "--set", PLAN)
        souk(program, folder, environment, "worker", "--once")
        publish(ada)
        souk(program, folder, environment, "admin", "key", "create", "researcher@localhost", "--label", "a program")
        for _ in range(600):
            page = ada.ask("GET", f"{home}?view=participants")[2]
            if page.count("Negotiating") == 0:
                break
            time.sleep(0.5)
        ada.ask("GET", ladder)
        # The clocks of ladder and study, which look every second.
        time.sleep(5)
        dump(folder)
    finally:
        served.terminate()
    assert served.wait() == 0


if __name__ == "__main__":
    main()
