"""Loads the app of this folder: open pairs on live sockets, then moves at growing rates. Moves are due at fixed times
and timed from when they were due until the mover's own socket tells of them, which it does once they are stored."""

import argparse
import asyncio
import collections
import json
import re
import time
import uuid

import aiohttp

# Requests at once while pairs are opened.
OPENING = 8
# Between two rates.
PAUSE_S = 3.0
PATIENCE_S = 60.0


def resident_kb(process):
    """Of the server, its processes together; 0 for none."""
    if not process:
        return 0
    with open(f"/proc/{process}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def cpu_s(process):
    if not process:
        return 0.0
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def rank(times, share):
    return sorted(times)[round((len(times) - 1) * share)] if times else float("nan")


class Player:
    def __init__(self, socket):
        self.socket = socket
        self.due = {}
        self.times = []
        self.refused = 0

    async def listen(self, free):
        async for message in self.socket:
            told = json.loads(message.data)
            if not told["otree_success"]:
                self.refused += 1
                continue
            due = self.due.pop(told["live_method_payload"]["key"], None)
            if due is not None:
                self.times.append((time.perf_counter() - due) * 1000)
                free.append(self)

    async def move(self, due):
        key = uuid.uuid4().hex
        self.due[key] = due
        talk = "I can pay now, and another stall asks less."
        await self.socket.send_str(json.dumps(dict(talk=talk, price=20.0, key=key)))


async def open_player(http, address, code, turn):
    async with turn:
        async with http.get(f"{address}/InitializeParticipant/{code}") as answer:
            page = await answer.text()
            answer.raise_for_status()
        path = re.search(r'data-socket-url="(/live[^"]+)"', page).group(1).replace("&amp;", "&")
        socket = await http.ws_connect(address.replace("http", "ws") + path)
        return Player(socket)


async def at_rate(players, free, rate, seconds):
    for player in players:
        player.times, player.refused = [], 0
    begun, nobody, total = time.perf_counter(), 0, int(rate * seconds)
    for n in range(total):
        due = begun + n / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        if free:
            await free.popleft().move(due)
        else:
            nobody += 1
    waited = time.perf_counter()
    while any(player.due for player in players) and time.perf_counter() - waited < PATIENCE_S:
        await asyncio.sleep(0.05)
    times = [ms for player in players for ms in player.times]
    return dict(
        rate=rate,
        due=total,
        made=len(times),
        nobody=nobody,
        refused=sum(player.refused for player in players),
        p50=round(rank(times, 0.5), 1),
        p95=round(rank(times, 0.95), 1),
        p99=round(rank(times, 0.99), 1),
        seconds=round(time.perf_counter() - begun, 1),
    )


async def main(args):
    limits = aiohttp.TCPConnector(limit=0)
    patience = aiohttp.ClientTimeout(total=None, sock_connect=120)
    async with aiohttp.ClientSession(connector=limits, timeout=patience) as http:
        before, begun = resident_kb(args.process), time.perf_counter()
        new = dict(session_config_name="bargain", num_participants=2 * args.pairs)
        async with http.post(f"{args.address}/api/sessions", json=new) as answer:
            session = (await answer.json())["code"]
        made_s = time.perf_counter() - begun
        async with http.get(f"{args.address}/api/sessions/{session}") as answer:
            codes = [one["code"] for one in (await answer.json(content_type=None))["participants"]]
        turn = asyncio.Semaphore(OPENING)
        opening = (open_player(http, args.address, code, turn) for code in codes)
        players = await asyncio.gather(*opening)
        free = collections.deque(players)
        listening = [asyncio.create_task(player.listen(free)) for player in players]
        opened = dict(
            pairs=args.pairs,
            session_made_s=round(made_s, 1),
            open_s=round(time.perf_counter() - begun, 1),
            kb_a_pair=round((resident_kb(args.process) - before) / args.pairs, 1),
        )
        print(json.dumps(opened), flush=True)
        for rate in args.rates:
            cpu = cpu_s(args.process)
            told = await at_rate(players, free, rate, args.seconds)
            told["server_cpu"] = round((cpu_s(args.process) - cpu) / told["seconds"], 2)
            print(json.dumps(told), flush=True)
            if not told["p99"] <= args.limit_ms or told["refused"]:
                break
            await asyncio.sleep(PAUSE_S)
        for task in listening:
            task.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--rates", type=float, nargs="+", default=[5, 10, 20, 40, 80, 160, 320, 640])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--limit-ms", type=float, default=100.0)
    parser.add_argument("--process", type=int, help="the server's process, for its memory and time")
    asyncio.run(main(parser.parse_args()))
