import type { Page } from "@playwright/test";
import { Asked, expectUnbroken, moves } from "../harness/asked";
import { expect, test } from "../harness/fixtures";
import { Souk } from "../harness/souk";
import { Talk } from "../pages/talk";

// A browser reports the requests that a killed server does not answer.
test.use({ expectedConsole: /Failed to load resource|WebSocket connection|ERR_/ });

const CUT_OFF = "The connection is lost";
const STORE_AWAY = "Souk's database is away";

/** A game against a negotiator that neither accepts nor leaves soon, on this server. */
async function game(page: Page, souk: Souk): Promise<{ asked: Asked; talk: Talk; bid: (part: number) => string }> {
  const asked = new Asked(page.context().request, souk.url);
  const { items } = await asked.products({ category: "electronics", sort: "price_down" });
  const product = items[0]!;
  const seats = { buyer: { type: "me" }, seller: { type: "negotiator", name: "boulware" } } as const;
  const id = await asked.start(product.id, seats);
  const talk = await Talk.open(page, id, souk.url);
  const bid = (part: number) => ((product.list_price * part) / 1000).toFixed(2);
  return { asked, talk, bid };
}

/** The buyer's words on the table, each once, and each answered. */
async function expectSaid(asked: Asked, id: string, words: string[]): Promise<void> {
  const { events } = await asked.episode(id);
  expectUnbroken(events);
  const table = moves(events);
  expect(table.filter(({ by }) => by === "buyer").map(({ talk }) => talk)).toEqual(words);
  expect(table.filter(({ by }) => by === "seller")).toHaveLength(words.length);
}

test.describe("kill -9", () => {
  let souk: Souk;
  test.beforeAll(async () => {
    souk = await Souk.start("crash");
  });
  test.afterAll(async () => {
    await souk.remove();
  });

  test("of the server: a banner, and the game goes on with no move lost or doubled", async ({ page }) => {
    const { asked, talk, bid } = await game(page, souk);
    await talk.offer(bid(0.2), "Before the crash");
    await talk.myTurnOrOver();
    const acknowledged = await asked.moves(talk.id);

    await souk.kill();
    await expect(page.getByRole("status").filter({ hasText: CUT_OFF })).toBeVisible();
    await talk.offer(bid(0.25), "While it was away");
    await expect(talk.log).toContainText("Not through yet; trying again.");

    await souk.run();
    await expect(page.getByText(CUT_OFF)).toBeHidden();
    await expect(talk.log).toContainText("Before the crash");
    expect(await talk.myTurnOrOver()).toBe("turn");
    await expect(talk.log.getByText("While it was away")).toHaveCount(1);
    expect((await asked.moves(talk.id)).slice(0, acknowledged.length)).toEqual(acknowledged);
    await expectSaid(asked, talk.id, ["Before the crash", "While it was away"]);
  });

  test("of the server right after a click: the move is there once, though the page was left", async ({ page }) => {
    const { asked, talk, bid } = await game(page, souk);
    await talk.draft(bid(0.2), "In the fall");
    const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().includes("/fn/move"));
    await talk.offerButton.click();
    await sent;
    await souk.kill();
    const { id } = talk;
    await page.goto("about:blank");
    await souk.run();
    await Talk.open(page, id, souk.url);
    await expect(talk.log.getByText("In the fall")).toHaveCount(1);
    expect(await talk.myTurnOrOver()).toBe("turn");
    await talk.offer(bid(0.25), "And on");
    await expect(talk.log).toContainText("And on");
    await talk.myTurnOrOver();
    await expectSaid(asked, talk.id, ["In the fall", "And on"]);
  });

  test("of Postgres: a banner while it is away, then the game goes on", async ({ page }) => {
    const { asked, talk, bid } = await game(page, souk);
    await talk.offer(bid(0.2), "Before the crash");
    await talk.myTurnOrOver();
    const acknowledged = await asked.moves(talk.id);

    const banner = page.getByRole("status").filter({ hasText: STORE_AWAY });
    await souk.keepPostgresAway(banner.waitFor({ state: "visible" }));
    await talk.offer(bid(0.25), "While it was away");
    await expect(page.getByText(STORE_AWAY)).toBeHidden({ timeout: 30_000 });
    await expect(talk.log.getByText("While it was away")).toHaveCount(1);
    expect(await talk.myTurnOrOver()).toBe("turn");
    expect((await asked.moves(talk.id)).slice(0, acknowledged.length)).toEqual(acknowledged);
    await expectSaid(asked, talk.id, ["Before the crash", "While it was away"]);
    expect((await page.request.get(`${souk.url}/readyz`)).status()).toBe(200);
  });
});
