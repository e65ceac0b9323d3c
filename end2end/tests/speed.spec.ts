import { request as ask } from "node:http";
import type { Page } from "@playwright/test";
import { Asked } from "../harness/asked";
import { expect, figure, open, test } from "../harness/fixtures";

const FIRST_LOAD_LIMIT = 350_000;

/** Bytes of a body as it comes over the wire under brotli. */
function wireBytes(url: string): Promise<{ encoding: string | undefined; bytes: number }> {
  return new Promise((resolve, reject) => {
    const asked = ask(url, { headers: { "accept-encoding": "br" } }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => (bytes += chunk.length));
      answer.on("end", () => resolve({ encoding: answer.headers["content-encoding"], bytes }));
    });
    asked.on("error", reject).end();
  });
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Files of the build that a page loads, in a browser that has none yet, and when the page listens. */
async function firstLoad(page: Page, address: string): Promise<{ bytes: number; ms: number }> {
  const assets: string[] = [];
  page.on("response", (response) => {
    if (/\.(js|wasm|css)$/.test(new URL(response.url()).pathname)) assets.push(response.url());
  });
  await page.addInitScript(() => {
    new MutationObserver((_, watcher) => {
      if (!document.documentElement?.hasAttribute("data-hydrated")) return;
      performance.mark("interactive");
      watcher.disconnect();
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-hydrated"] });
  });
  await open(page, address);
  expect(assets.length).toBeGreaterThanOrEqual(4);
  expect(new Set(assets).size, "each file is fetched once").toBe(assets.length);
  const sizes = await Promise.all(assets.map(wireBytes));
  for (const { encoding } of sizes) expect(encoding).toBe("br");
  const bytes = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const ms = await page.evaluate(() => performance.getEntriesByName("interactive")[0]?.startTime ?? 0);
  expect(ms).toBeGreaterThan(0);
  return { bytes, ms };
}

test("a first load is light, and soon interactive", async ({ page, visitor }) => {
  const asked = Asked.by(page);
  const { items } = await asked.products({ category: "electronics" });
  const seats = { buyer: { type: "me" }, seller: { type: "negotiator", name: "boulware" } } as const;
  const id = await asked.start(items[0]!.id, seats);
  for (const address of ["/", `/stall/${items[0]!.id}`, `/talk/${id}`, "/watch", `/replay/${id}`, "/about"]) {
    const { bytes, ms } = await firstLoad(await visitor(), address);
    const where = address.split("/")[1] || "the market";
    figure(
      `${where}: first load, wasm + js + css under brotli: ${bytes} bytes of ${FIRST_LOAD_LIMIT}, ` +
        `interactive ${Math.round(ms)} ms after the start of the navigation, cold cache`,
    );
    expect(bytes).toBeLessThan(FIRST_LOAD_LIMIT);
  }
});

test("the code of a page is asked for by its document, not by what the document loads", async ({ page }) => {
  await open(page, "/watch");
  const wasm = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".wasm"))
      .map((entry) => (entry as PerformanceResourceTiming).initiatorType),
  );
  expect(wasm.length).toBeGreaterThanOrEqual(2);
  expect(new Set(wasm)).toEqual(new Set(["link"]));
});

type Times = { ack: number; first: number | undefined; answer: number };

/** Three bids at each of five stalls, timed in the page. */
async function bids(page: Page, seller: string): Promise<Times[]> {
  const asked = Asked.by(page);
  const { items } = await asked.products({ category: "electronics" });
  const seats = { buyer: { type: "me" }, seller: { type: "negotiator", name: seller } } as const;
  const times: Times[] = [];
  for (const product of items.slice(0, 5)) {
    const id = await asked.start(product.id, seats);
    const price = Math.round(product.list_price / 50) * 10;
    times.push(...(await page.evaluate(playQuickly, { id, prices: [price, price + 10, price + 20] })));
  }
  return times;
}

test("a move and its answer come back quickly", async ({ page }) => {
  await open(page, "/");
  const times = await bids(page, "boulware");
  const [acknowledged, answered] = [times.map(({ ack }) => ack), times.map(({ answer }) => answer)];
  figure(`move acknowledged after ${median(acknowledged).toFixed(1)} ms at the median of ${acknowledged.length}`);
  figure(`scripted opponent's answer on the socket after ${median(answered).toFixed(1)} ms at the median of ${answered.length}`);
});

test("the demo model speaks soon after a move", async ({ page }) => {
  await open(page, "/");
  await bids(page, "demo");
  const times = await bids(page, "demo");
  const [first, answer] = [times.map(({ first }) => first ?? Number.NaN), times.map(({ answer }) => answer)];
  expect(first.every(Number.isFinite), "each answer was streamed").toBe(true);
  figure(`demo model: first words on the socket after ${median(first).toFixed(0)} ms, the move after ${median(answer).toFixed(0)} ms at the median of ${times.length}`);
});

/**
 * Runs in the page: plays offers and times each until its acknowledgement, the first streamed words of
 * its answer where there are any, and the answer. Ends with the game.
 */
async function playQuickly({ id, prices }: { id: string; prices: number[] }) {
  const socket = new WebSocket(`ws://${location.host}/live`);
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const answer = () =>
    new Promise<{ first: number | undefined; at: number; over: boolean }>((resolve) => {
      let first: number | undefined;
      const listen = ({ data }: MessageEvent<string>) => {
        const { type, envelope } = JSON.parse(data);
        if (type === "speaking") first ??= performance.now();
        if (type !== "event" || envelope.kind !== "moved" || envelope.body.by !== "seller") return;
        socket.removeEventListener("message", listen);
        const over = ["accept", "quit"].includes(envelope.body.act.type);
        resolve({ first, at: performance.now(), over });
      };
      socket.addEventListener("message", listen);
    });
  const caughtUp = new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => JSON.parse(data).type === "caught_up" && resolve());
  });
  socket.send(JSON.stringify({ type: "follow", episode: id, after: 0 }));
  await caughtUp;
  const times: Array<{ ack: number; first: number | undefined; answer: number }> = [];
  for (const price of prices) {
    const answered = answer();
    const start = performance.now();
    const body = JSON.stringify({ key: crypto.randomUUID(), talk: "And now?", act: { type: "offer", price } });
    const headers = { "content-type": "application/json" };
    const acknowledged = await fetch(`/api/v1/episodes/${id}/moves`, { method: "POST", headers, body });
    if (!acknowledged.ok) throw new Error(await acknowledged.text());
    const ack = performance.now() - start;
    const { first, at, over } = await answered;
    times.push({ ack, first: first === undefined ? undefined : first - start, answer: at - start });
    if (over) break;
  }
  socket.close();
  return times;
}
