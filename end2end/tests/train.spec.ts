import type { Page } from "@playwright/test";
import { Asked } from "../harness/asked";
import { expect, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { Souk } from "../harness/souk";
import { Talk } from "../pages/talk";

/** Seconds of work, not minutes: what is tried here is the way from the form to the market. */
const TINY = `iterations = 3
[rollout]
products = 2
group = 4
[keep]
every = 1
[evaluation]
times = 1
times_between = 0
against = [{ name = "persuadable" }]
`;
/** Long enough to be cancelled in the middle. */
const LONG = "iterations = 500\n[rollout]\nproducts = 2\ngroup = 2\n[evaluation]\ntimes = 0\n";

test.describe("training", () => {
  let souk: Souk;
  test.beforeAll(async () => {
    souk = await Souk.start("training", { SOUK_WORKER: "beside" });
  });
  test.afterAll(async () => souk.remove());

  async function start(page: Page, label: string, settings: string) {
    await open(page, new URL("/train", souk.url).href);
    const form = page.getByRole("form", { name: "New run" });
    await form.getByRole("textbox", { name: "What it is for" }).fill(label);
    await form.getByRole("textbox", { name: "Settings that differ from the preset" }).fill(settings);
    await form.getByRole("button", { name: "Start the run" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(label);
  }

  test("from the form to a negotiator in the market", async ({ visitor }) => {
    // It learns for half a minute alone, and shares two cores with another test.
    test.setTimeout(300_000);
    const page = await visitor({ baseURL: souk.url });
    await open(page, new URL(souk.signInLink()).pathname);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();

    await start(page, "A tiny run", TINY);
    await expect(page.getByRole("status").first()).toHaveText(/done/i, { timeout: 180_000 });
    const curve = page.getByRole("img", { name: /reward/i }).first();
    await expect(curve).toBeVisible();
    await inspect(page, "train-run");
    await page.setViewportSize({ width: 1280, height: 800 });

    await page.getByRole("link", { name: /rollouts/i }).first().click();
    await expect(page).toHaveURL(/\/rollouts/);
    await inspect(page, "train-rollouts");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goBack();

    await page.getByRole("link", { name: /^Report/ }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Report: A tiny run");
    await expect(page.getByRole("img", { name: /reward/i }).first()).toBeVisible();
    await expect(page.getByRole("rowheader", { name: /OG-Narrator|og-narrator/ })).toBeVisible();
    await inspect(page, "train-report");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goBack();

    await page.getByRole("button", { name: /^Publish/ }).first().click();
    const name = await page.getByText(/run-[0-9a-f]+-3/).first().textContent();
    await page.getByRole("link", { name: "Play this checkpoint" }).click();
    const met = page.getByRole("group", { name: "Across the table" }).getByRole("radio", { checked: true });
    await expect(met).toHaveAccessibleName(/iteration 3/);
    await page.goBack();
    await page.getByRole("link", { name: "Pit it against its base" }).click();
    await expect(page.getByRole("combobox", { name: "Buyer" })).toHaveValue(/run-[0-9a-f]+-3/);
    await expect(page.getByRole("combobox", { name: "Seller" })).toHaveValue("demo");
    await page.goBack();
    const seller = { type: "negotiator", name: /run-[0-9a-f]+-3/.exec(name ?? "")![0] } as const;
    const asked = new Asked(page.context().request, souk.url);
    const { items } = await asked.products({ category: "books" });
    const talk = await Talk.open(page, await asked.start(items[0]!.id, { buyer: { type: "me" }, seller }), souk.url);
    await talk.offer((items[0]!.list_price / 3000).toFixed(2), "Would you take this?");
    expect(await talk.myTurnOrOver()).toBe("turn");

    await start(page, "A long run", LONG);
    await expect(page.getByText(/iteration [1-9]/i).first()).toBeVisible({ timeout: 60_000 });
    await page.getByRole("button", { name: "Cancel the run" }).click();
    const sure = page.getByRole("dialog");
    await sure.getByRole("button", { name: "Cancel the run" }).click();
    await expect(page.getByRole("status").first()).toHaveText(/cancelled/i, { timeout: 30_000 });
  });
});
