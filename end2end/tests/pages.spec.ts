import type { Page } from "@playwright/test";
import { Asked } from "../harness/asked";
import { expect, interactive, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { Talk } from "../pages/talk";

const ME = { type: "me" } as const;
const INVITE = { type: "invite" } as const;
const BOULWARE = { type: "negotiator", name: "boulware" } as const;
const PAUSED = { pace: { interval_ms: 1500, paused: true } };
const AT_ONCE = { pace: { interval_ms: 0, paused: false } };

async function someProduct(page: Page): Promise<{ id: string; list_price: number }> {
  const { items } = await Asked.by(page).products({ category: "home-kitchen" });
  return items[0]!;
}

/** A talk of two messages, the reader's own side buying. */
async function begun(page: Page): Promise<string> {
  const asked = Asked.by(page);
  const product = await someProduct(page);
  const id = await asked.start(product.id, { buyer: ME, seller: BOULWARE });
  const price = Math.round(product.list_price / 40) * 10;
  await asked.move(id, "Would you take a quarter of that?", { type: "offer", price });
  await expect.poll(async () => (await asked.moves(id)).length).toBe(2);
  return id;
}

async function watched(page: Page, more: object): Promise<string> {
  const seats = { buyer: BOULWARE, seller: BOULWARE };
  return Asked.by(page).start((await someProduct(page)).id, seats, more);
}

async function invited(page: Page): Promise<{ id: string; invite: string }> {
  const asked = Asked.by(page);
  const id = await asked.start((await someProduct(page)).id, { buyer: ME, seller: INVITE });
  return { id, invite: (await asked.episode(id)).head.invite ?? "" };
}

/** Every page in its usual states: an address, made ready by what it shows. */
const PAGES: Record<string, (page: Page, other: () => Promise<Page>) => Promise<Page | void>> = {
  market: (page) => open(page, "/"),
  "market-filtered": (page) => open(page, "/?q=lamp&min=5&sort=price-down"),
  "market-empty": (page) => open(page, "/?q=nosuchthinganywhere"),
  stall: async (page) => {
    const id = await watched(page, AT_ONCE);
    await Asked.by(page).over(id);
    await open(page, `/stall/${(await someProduct(page)).id}`);
  },
  "talk-begun": async (page) => open(page, `/talk/${await begun(page)}`),
  "talk-question": async (page) => {
    const talk = await Talk.open(page, await begun(page));
    await talk.composer.getByRole("button", { name: "Walk away" }).click();
  },
  "talk-over": async (page) => {
    const id = await begun(page);
    await Asked.by(page).move(id, "Then not.", { type: "quit" });
    await open(page, `/talk/${id}`);
    await expect(page.getByText("Your reward")).toBeVisible();
  },
  "talk-waiting": async (page) => open(page, `/talk/${(await invited(page)).id}`),
  join: async (page, other) => {
    const guest = await other();
    await open(guest, (await invited(page)).invite);
    return guest;
  },
  watch: async (page) => {
    const id = await watched(page, PAUSED);
    await open(page, "/watch");
    await expect(page.locator(`a[href$="${id}"]`)).toBeVisible();
  },
  "watch-one": async (page) => open(page, `/watch/${await watched(page, PAUSED)}`),
  "watch-over": async (page) => {
    const id = await watched(page, AT_ONCE);
    await Asked.by(page).over(id);
    await open(page, `/watch/${id}`);
    await expect(page.getByText(/^Buyer's limit \$/)).toBeVisible();
  },
  replay: async (page) => {
    const id = await watched(page, AT_ONCE);
    await Asked.by(page).over(id);
    await open(page, `/replay/${id}`);
    await page.getByRole("slider", { name: "Place in the replay" }).fill("4");
  },
  "me-empty": (page) => open(page, "/me"),
  me: async (page) => {
    await begun(page);
    await Asked.by(page).move(await begun(page), "Then not.", { type: "quit" });
    await open(page, "/me");
  },
  about: (page) => open(page, "/about"),
  "sign-in": (page) => open(page, "/sign-in?problem=wrong"),
  "research-signed-out": (page) => open(page, "/research"),
};

test.describe("day and night, wide and narrow", () => {
  for (const [name, show] of Object.entries(PAGES)) {
    test(name, async ({ page, visitor }) => {
      await inspect((await show(page, visitor)) ?? page, name);
    });
  }
});

test.describe("an address that leads nowhere", () => {
  test.use({ expectedConsole: /status of 404/ });

  test("not-found", async ({ page }) => {
    const answer = await page.goto("/no/such/page");
    expect(answer?.status()).toBe(404);
    await interactive(page);
    await inspect(page, "not-found");
  });

  test("no-such-talk", async ({ page }) => {
    const answer = await page.goto("/talk/01890000-0000-7000-8000-000000000000");
    expect(answer?.status()).toBe(404);
    await interactive(page);
    await inspect(page, "no-such-talk");
  });
});

test("the chosen theme stays over pages and reloads", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/");
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const day = await background();
  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  await expect.poll(background).not.toBe(day);
  const night = await background();
  await open(page, "/about");
  expect(await background()).toBe(night);
});

test("the API has a page that describes it", async ({ page }) => {
  // The longest page of all, inspected four times.
  test.slow();
  const answer = await page.goto("/api/docs");
  expect(answer?.status()).toBe(200);
  await inspect(page, "api-docs");
});
