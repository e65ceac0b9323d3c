import { Asked, type Role, moves } from "../harness/asked";
import { expect, interactive, open, test } from "../harness/fixtures";
import { Payloads, mentions } from "../harness/payloads";
import { Stall } from "../pages/stall";
import { Talk } from "../pages/talk";

const GAMES: Array<{ role: Role; category: string; opponent: string }> = [
  { role: "buyer", category: "beauty", opponent: "Persuadable stall keeper" },
  { role: "buyer", category: "books", opponent: "Stall keeper" },
  { role: "seller", category: "music", opponent: "Boulware" },
  { role: "seller", category: "software", opponent: "OG-Narrator" },
];

// The products are not used by another test: a reveal would have made their limits public.
for (const { role, category, opponent } of GAMES) {
  test(`nothing that reaches a ${role} before the end tells the limit of ${opponent}`, async ({ page, visitor }) => {
    const watcher = await visitor();
    const [seen, watched] = [new Payloads(page), new Payloads(watcher)];
    const asked = Asked.by(page);
    await open(page, `/?category=${category}&sort=price-down`);
    const { items } = await asked.products({ category, sort: "price_down" });
    const product = items[0]!;
    await page.getByRole("link", { name: product.title }).first().click();
    const side = role === "buyer" ? "Buy it" : "Sell it";
    await expect(page.getByRole("heading", { level: 1, name: product.title })).toBeVisible();
    const talk = await new Stall(page).bargain({ side, opponent });
    await open(watcher, `/watch/${talk.id}`);

    const shares = role === "buyer" ? [0.3, 0.4] : [0.97, 0.93];
    for (const part of shares) {
      expect(await talk.myTurnOrOver()).toBe("turn");
      await talk.offer(((product.list_price * part) / 1000).toFixed(2), "I saw it for less elsewhere.");
      await talk.myTurnOrOver();
      await page.reload();
      await interactive(page);
    }
    const early = await Promise.all(
      ["reveal", "replay"].map((what) => page.request.get(`/api/v1/episodes/${talk.id}/${what}`)),
    );
    expect(early.map((answer) => answer.status()), "nothing to look up before the end").toEqual([409, 409]);
    const events = JSON.stringify(await asked.episode(talk.id));
    const before = [...(await seen.all()), { from: "the API", text: events }];
    const beforeWatched = await watched.all();

    await talk.walkAway();
    await talk.isOver();
    const limits = await asked.reveal(talk.id);
    const [own, theirs] = role === "buyer" ? [limits.budget, limits.cost] : [limits.cost, limits.budget];
    const prices = moves((await asked.episode(talk.id)).events).flatMap(({ act }) => ("price" in act ? [act.price] : []));
    expect(prices, "the negotiator may name its own limit as a price: then this game proves nothing").not.toContain(theirs);
    expect(mentions(before, own).length, "the recorder sees the own limit").toBeGreaterThan(0);
    expect(mentions(before, theirs)).toEqual([]);
    expect(beforeWatched.length).toBeGreaterThan(0);
    expect(mentions(beforeWatched, own), "a watcher knows neither").toEqual([]);
    expect(mentions(beforeWatched, theirs)).toEqual([]);
    expect(mentions(await seen.all(), theirs).length, "and after the end it is told").toBeGreaterThan(0);
  });
}

test("two people's limits stay with each until the end", async ({ page, visitor }) => {
  const guest = await visitor();
  const [hosts, guests] = [new Payloads(page), new Payloads(guest)];
  const { items } = await Asked.by(page).products({ category: "movies-tv", sort: "price_down" });
  const product = items[0]!;
  const stall = await Stall.open(page, product.id);
  const seller = await stall.bargain({ side: "Sell it", opponent: undefined, speakFreely: true });
  await open(guest, await page.getByLabel("Invitation link").inputValue());
  await guest.getByRole("button", { name: "Take the seat" }).click();
  const buyer = new Talk(guest);
  await buyer.offer(((product.list_price * 0.31) / 1000).toFixed(2), "A first word");
  await expect(seller.log).toContainText("A first word");
  await seller.offer(((product.list_price * 0.99) / 1000).toFixed(2), "A first answer");
  await expect(buyer.log).toContainText("A first answer");
  const [toHost, toGuest] = [await hosts.all(), await guests.all()];

  await buyer.walkAway();
  await seller.isOver();
  const { budget, cost } = await Asked.by(page).reveal(seller.id);
  expect(mentions(toHost, cost).length).toBeGreaterThan(0);
  expect(mentions(toGuest, budget).length).toBeGreaterThan(0);
  expect(mentions(toHost, budget)).toEqual([]);
  expect(mentions(toGuest, cost)).toEqual([]);
});
