import { Asked, expectUnbroken, money } from "../harness/asked";
import { expect, interactive, test } from "../harness/fixtures";
import { type Known, productWithRoom } from "../harness/market";
import { Stall } from "../pages/stall";
import { Talk } from "../pages/talk";

/** Half of the list price, or another share, in dollars as one types it. */
function share(product: Known, percent: number): string {
  return ((product.list_price * percent) / 100_000).toFixed(2);
}

function dollars(mills: number): string {
  return (mills / 1000).toFixed(3);
}

/** Bids from low to the own limit, and takes what is at or below it. */
async function buy(talk: Talk, product: Known): Promise<void> {
  const steps = [0.5, 0.65, 0.8, 0.9, 1, 1];
  for (const part of steps) {
    if ((await talk.myTurnOrOver()) === "over") return;
    const takes = (await talk.acceptButton.count()) > 0 && (await talk.acceptButton.isEnabled());
    if (takes) await talk.accept();
    else await talk.offer(dollars(Math.floor(product.budget * part)), "It has a scratch, and I would pay right now.");
  }
}

test.describe("bargaining against a negotiator", () => {
  test("buying to a deal ends with both limits, the split and the reward's formula", async ({ page }) => {
    const product = await productWithRoom(page, "electronics");
    const stall = await Stall.open(page, product.id);
    const talk = await stall.bargain({ side: "Buy it", opponent: "Steady" });
    await expect(talk.ownLimit).toContainText(money(product.budget));
    await buy(talk, product);
    await talk.isOver();

    await expect(talk.composer, "nothing is left to send").toHaveCount(0);
    const price = (await talk.reveal.getByRole("heading", { level: 2 }).textContent())?.match(/\$[\d,.]+/)?.[0];
    await expect(talk.reveal.getByText(`Buyer's limit ${money(product.budget)}`, { exact: true })).toBeVisible();
    await expect(talk.reveal.getByText(`Seller's limit ${money(product.cost)}`, { exact: true })).toBeVisible();
    const paid = Math.round(Number(price?.replace(/[$,]/g, "")) * 1000);
    await expect(talk.reveal.getByText(new RegExp(`^You \\${money(product.budget - paid)} \\(\\d+%\\)`))).toBeVisible();
    await expect(talk.reveal.getByText("Your reward")).toBeVisible();
    await expect(talk.reveal.getByText("clip((B - P) / |B - C|, -1, 1)")).toBeVisible();
    const reward = Math.max(-1, Math.min(1, (product.budget - paid) / Math.abs(product.budget - product.cost)));
    const span = `|${money(product.budget)} - ${money(product.cost)}|`;
    const filled = `clip((${money(product.budget)} - ${money(paid)}) / ${span}, -1, 1) = ${reward.toFixed(3)}`;
    await expect(talk.reveal.getByText(filled)).toBeVisible();

    const stored = await Asked.by(page).episode(talk.id);
    expectUnbroken(stored.events);
    expect(stored.head.status).toBe("over");
  });

  test("selling: the buyer opens, the seller answers", async ({ page }) => {
    const product = await productWithRoom(page, "home-kitchen");
    const stall = await Stall.open(page, product.id);
    const talk = await stall.bargain({ side: "Sell it", opponent: "Conceder" });
    await expect(talk.ownLimit).toContainText(money(product.cost));
    for (let round = 0; round < 6; round += 1) {
      if ((await talk.myTurnOrOver()) === "over") break;
      const takes = (await talk.acceptButton.count()) > 0 && (await talk.acceptButton.isEnabled());
      if (takes) await talk.accept();
      else await talk.offer(dollars(product.cost + Math.ceil((product.budget - product.cost) / (2 + round))), "It will last you for years.");
    }
    await talk.isOver();
    await expect(talk.reveal.getByRole("heading", { level: 2 })).toHaveText(/^You sold it for \$/);
    await expect(talk.reveal.getByText("clip((P - C) / |B - C|, -1, 1)")).toBeVisible();
  });

  test("walking away asks first, and can be thought better of", async ({ page }) => {
    const product = await productWithRoom(page, "tools-home-improvement");
    const stall = await Stall.open(page, product.id);
    const talk = await stall.bargain({ side: "Buy it", opponent: "Boulware" });
    await talk.offer(share(product, 30), "That is what I have.");
    await talk.myTurnOrOver();
    await talk.composer.getByRole("button", { name: "Walk away" }).click();
    const question = page.getByRole("dialog", { name: "Walk away?" });
    await question.getByRole("button", { name: "Not yet" }).click();
    await expect(question).toBeHidden();
    await expect(talk.composer).toBeVisible();
    await talk.walkAway();
    await talk.isOver();
    await expect(talk.reveal.getByRole("heading", { level: 2 })).toHaveText("You walked away");
    const moves = await Asked.by(page).moves(talk.id);
    expect(moves.at(-1)).toMatchObject({ by: "buyer", act: { type: "quit" } });
  });

  test("an offer beyond the own limit is explained and not sent", async ({ page }) => {
    const product = await productWithRoom(page, "sports-outdoors");
    const stall = await Stall.open(page, product.id);
    const talk = await stall.bargain({ side: "Buy it", opponent: "Steady" });
    await talk.draft(dollars(product.budget + 1000));
    await expect(talk.composer.getByText(`beyond your own limit of ${money(product.budget)}`)).toBeVisible();
    await expect(talk.offerButton).toBeDisabled();
    await talk.price.press("Enter");
    await talk.price.fill("twelve");
    await expect(talk.composer.getByText(/a price has digits/i)).toBeVisible();
    await expect(talk.offerButton).toBeDisabled();
    expect(await Asked.by(page).moves(talk.id)).toEqual([]);
    await talk.draft(dollars(product.budget));
    await expect(talk.offerButton).toBeEnabled();
  });

  test("a reload in the middle goes on where it was", async ({ page }) => {
    const product = await productWithRoom(page, "automotive");
    const stall = await Stall.open(page, product.id);
    const talk = await stall.bargain({ side: "Buy it", opponent: "Boulware" });
    await talk.offer(share(product, 30), "Thirty percent of the tag?");
    await talk.myTurnOrOver();
    const before = await Asked.by(page).moves(talk.id);
    const said = await talk.log.innerText();
    await page.reload();
    await interactive(page);
    await expect(talk.log).toHaveText(said, { useInnerText: true });
    await expect(talk.composer).toBeVisible();
    await talk.offer(share(product, 35), "A little more, then.");
    await expect(talk.log).toContainText("A little more, then.");
    await talk.myTurnOrOver();
    const after = await Asked.by(page).moves(talk.id);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.filter(({ talk: words }) => words === "A little more, then.")).toHaveLength(1);
  });

  test("a double click sends one move", async ({ page }) => {
    const product = await productWithRoom(page, "patio-lawn-garden");
    const stall = await Stall.open(page, product.id);
    const talk = await stall.bargain({ side: "Buy it", opponent: "Boulware" });
    await talk.draft(share(product, 30), "Only once.");
    await talk.offerButton.dblclick();
    await talk.myTurnOrOver();
    await expect(talk.log.getByText("Only once.")).toHaveCount(1);
    const stored = await Asked.by(page).episode(talk.id);
    expectUnbroken(stored.events);
    const moves = await Asked.by(page).moves(talk.id);
    expect(moves.filter(({ by }) => by === "buyer")).toHaveLength(1);
    expect(moves).toHaveLength(2);
  });

  test("suggestions fill in words and prices within the own limit", async ({ page }) => {
    const product = await productWithRoom(page, "industrial-scientific");
    const stall = await Stall.open(page, product.id);
    const talk = await stall.bargain({ side: "Buy it", opponent: "Persuadable stall keeper", manner: "begging" });
    await talk.composer.getByRole("group", { name: "Something to say" }).getByRole("button", { name: "A flaw" }).click();
    await expect(talk.words).toHaveValue(/flaw/);
    const prices = talk.composer.getByRole("group", { name: "A price to try" }).getByRole("button");
    for (const text of await prices.allTextContents()) {
      const price = Number(/\$([\d,.]+)/.exec(text)?.[1]?.replaceAll(",", "")) * 1000;
      expect(price).toBeLessThanOrEqual(product.budget);
    }
    await prices.first().click();
    await talk.offerButton.click();
    await expect(talk.log).toContainText(/flaw/);
    await talk.myTurnOrOver();
  });

  test("a rematch has the same product, and sides can be swapped", async ({ page }) => {
    const product = await productWithRoom(page, "pet-supplies");
    const stall = await Stall.open(page, product.id);
    const first = await stall.bargain({ side: "Buy it", opponent: "Steady" });
    // Nobody walks away before a first word.
    await first.offer(share(product, 20));
    await first.myTurnOrOver();
    await first.walkAway();
    await first.isOver();
    const firstId = first.id;
    await page.getByRole("button", { name: /Rematch|again/i }).click();
    await expect(page).not.toHaveURL(new RegExp(firstId));
    const again = new Talk(page);
    await expect(again.composer).toBeVisible();
    await expect(page.getByText(product.title).first()).toBeVisible();
    await expect(again.ownLimit).toContainText(money(product.budget));
    const secondId = again.id;
    await again.offer(share(product, 20));
    await again.myTurnOrOver();
    await again.walkAway();
    await again.isOver();
    await page.getByRole("button", { name: /swap/i }).click();
    await expect(page).not.toHaveURL(new RegExp(secondId));
    const swapped = new Talk(page);
    expect(await swapped.myTurnOrOver()).toBe("turn");
    await expect(swapped.ownLimit).toContainText(money(product.cost));
    expect((await Asked.by(page).moves(swapped.id))[0]).toMatchObject({ by: "buyer" });
  });
});
