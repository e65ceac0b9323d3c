import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "@playwright/test";
import { Asked, money, moves } from "../harness/asked";
import { expect, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { productWithRoom } from "../harness/market";
import { MODELS, Souk } from "../harness/souk";
import { DEFAULT, Stall } from "../pages/stall";
import { Talk } from "../pages/talk";

const DEMO = { type: "negotiator", name: "demo" } as const;
const TITLE = "Demo bargainer";

/**
 * Resolves once a side's words are shown before its move is there: often for a tenth of a second alone,
 * which the page itself notices and a locator that looks now and then does not.
 */
function streamed(page: Page, side: "buyer" | "seller"): Promise<void> {
  const watch = ({ side, within }: { side: string; within: number }) =>
    new Promise<void>((resolve, reject) => {
      const watcher = new MutationObserver(() => {
        if (!document.querySelector(`[data-saying="${side}"] p`)?.textContent) return;
        watcher.disconnect();
        resolve();
      });
      watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
      setTimeout(() => reject(new Error(`the ${side} said nothing`)), within);
    });
  return page.evaluate(watch, { side, within: 15_000 });
}

test.describe("the demo model", () => {
  test("is who one meets; as a buyer it streams its bids, and a deal can be struck", async ({ page }) => {
    const product = await productWithRoom(page, "pet-supplies");
    const stall = await Stall.open(page, product.id);
    const form = page.getByRole("form", { name: "Start bargaining" });
    await form.getByRole("radio", { name: "Sell it" }).check();
    await expect(form.getByRole("radio", { name: TITLE })).toBeChecked();
    const talk = await stall.bargain({ side: "Sell it", opponent: DEFAULT });
    expect(await talk.myTurnOrOver()).toBe("turn");
    const speaks = streamed(page, "buyer");
    // Far below its limit: a model that is pushed towards it breaks it now and then.
    const fair = ((product.cost + (product.budget - product.cost) / 3) / 1000).toFixed(2);
    await talk.offer(fair, "It is as good as new.");
    await speaks;
    for (let round = 0; round < 6 && (await talk.myTurnOrOver()) === "turn"; round += 1) {
      const takes = (await talk.acceptButton.count()) > 0 && (await talk.acceptButton.isEnabled());
      if (takes) await talk.accept();
      else await talk.offer(fair, "For you.");
    }
    await talk.isOver();
    await expect(talk.reveal.getByRole("heading", { level: 2 })).toHaveText(/^You sold it for \$/);
    await expect(talk.reveal.getByText(`Buyer's limit ${money(product.budget)}`, { exact: true })).toBeVisible();
  });

  test("as a seller answers what it hears, and can be walked away from", async ({ page }) => {
    const { items } = await Asked.by(page).products({ category: "toys-games" });
    const stall = await Stall.open(page, items[0]!.id);
    const talk = await stall.bargain({ side: "Buy it", opponent: DEFAULT });
    const speaks = streamed(page, "seller");
    await talk.offer((items[0]!.list_price / 3000).toFixed(2), "I saw it for less elsewhere.");
    await speaks;
    expect(await talk.myTurnOrOver()).toBe("turn");
    const said = moves((await Asked.by(page).episode(talk.id)).events);
    expect(said.map(({ by }) => by)).toEqual(["buyer", "seller"]);
    expect(said[1]!.talk.length).toBeGreaterThan(0);
    await expect(talk.log, "what was streamed is what was said").toContainText(said[1]!.talk);
    await expect(page.locator("[data-saying]")).toHaveCount(0);
    await talk.walkAway();
    await talk.isOver();
    await expect(talk.reveal.getByRole("heading", { level: 2 })).toHaveText("You walked away");
  });

  test("bargains with itself, and is watched live", async ({ page }) => {
    await open(page, "/watch");
    const form = page.getByRole("form", { name: "Seat two negotiators" });
    await form.getByLabel("Buyer").selectOption({ label: TITLE });
    await form.getByLabel("Seller").selectOption({ label: TITLE });
    const speaks = [streamed(page, "buyer"), streamed(page, "seller")];
    await form.getByRole("button", { name: "Let them talk" }).click();
    const own = page.getByRole("article").filter({ has: page.getByRole("group", { name: "Pace" }) }).first();
    await expect(own).toContainText(`${TITLE} buys from ${TITLE}.`);
    await Promise.all(speaks);
    const id = (await own.getByRole("heading").getByRole("link").getAttribute("href"))?.split("/").at(-1) ?? "";
    await own.getByLabel("Speed").selectOption({ label: "At once" });
    const { events } = await Asked.by(page).over(id);
    expect(moves(events).length).toBeGreaterThan(1);
    await open(page, `/watch/${id}`);
    await expect(page.getByText(/^Buyer's limit \$/)).toBeVisible();
  });
});

test.describe("a model that is lost in mid-talk", () => {
  let souk: Souk;
  let models: string;
  test.beforeAll(async () => {
    models = await mkdtemp(path.join(tmpdir(), "souk-models-"));
    await cp(MODELS, models, { recursive: true });
    souk = await Souk.start("models", { SOUK_MODELS: path.join(models, "models.toml") });
  });
  test.afterAll(async () => {
    await souk.remove();
    await rm(models, { recursive: true, force: true });
  });

  test("is said to be lost, and a stand-in goes on from there", async ({ page, visitor }) => {
    test.slow();
    const asked = new Asked(page.context().request, souk.url);
    const { items } = await asked.products({ category: "electronics", sort: "price_down" });
    const id = await asked.start(items[0]!.id, { buyer: { type: "me" }, seller: DEMO });
    const talk = await Talk.open(page, id, souk.url);
    const bid = (part: number) => ((items[0]!.list_price * part) / 1000).toFixed(2);
    await talk.offer(bid(0.3), "Before it was lost");
    expect(await talk.myTurnOrOver()).toBe("turn");

    const researcher = await visitor({ baseURL: souk.url });
    await open(researcher, new URL(souk.signInLink()).pathname);
    await researcher.getByRole("button", { name: "Sign in", exact: true }).click();
    await open(researcher, "/models");
    const card = researcher.getByRole("article", { name: TITLE });
    await expect(card.getByRole("status")).toHaveText("ready");
    await inspect(researcher, "models");
    await researcher.setViewportSize({ width: 1280, height: 800 });
    await card.getByRole("button", { name: "Unload" }).click();
    await expect(card.getByRole("status")).toHaveText("not loaded");
    await rm(path.join(models, "demo", "model.safetensors"));

    await talk.offer(bid(0.35), "And now?");
    const note = page.getByRole("alert", { name: "The talk was broken off" });
    await expect(note).toContainText("The language model could not be loaded. The negotiation is not scored.");
    await expect(page.getByText(/^Seller's limit \$/), "it may be gone on with").toHaveCount(0);
    const failed = await asked.episode(id);
    expect(failed.events.at(-1)).toMatchObject({ kind: "ended", body: { outcome: { type: "engine_failure" } } });
    await inspect(page, "talk-failed");
    await page.setViewportSize({ width: 1280, height: 800 });
    await open(researcher, "/models");
    await expect(card.getByRole("status")).toHaveText("failed");
    await expect(card).toContainText("model.safetensors");
    await inspect(researcher, "models-failed");

    await note.getByRole("button", { name: "Go on with a stand-in" }).click();
    await expect(page).not.toHaveURL(new RegExp(id));
    await expect(page.getByText("a talk whose negotiator failed")).toBeVisible();
    await expect(talk.log).toContainText("Before it was lost");
    await expect(talk.log).toContainText("And now?");
    expect(await talk.myTurnOrOver()).toBe("turn");
    await talk.walkAway();
    await talk.isOver();
  });
});
