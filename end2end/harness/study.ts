import type { Page } from "@playwright/test";
import { expect, open } from "./fixtures";
import { tabTo } from "./keyboard";
import type { Souk } from "./souk";

/** Signs a researcher in, and makes a study of the one that comes with Souk. */
export async function makeDraft(desk: Page, souk: Souk, slug: string): Promise<void> {
  await open(desk, new URL(souk.signInLink()).pathname);
  await desk.getByRole("button", { name: "Sign in", exact: true }).click();
  await desk.waitForURL("**/research");
  await desk.getByRole("link", { name: "See the studies" }).click();
  await expect(desk.getByText("No study yet.")).toBeVisible();
  await desk.getByRole("textbox", { name: "Name in addresses" }).fill(slug);
  await desk.getByRole("button", { name: "Make a draft" }).click();
  await expect(desk.getByText("there is no negotiator CHECKPOINT")).toBeVisible();
}

const ANSWERS = ["Fluently", "No, not before the end", "$55", "Nothing"];

/** Presses what leads on, by mouse or by keyboard alone. */
export type Press = (page: Page, name: string | RegExp) => Promise<void>;

export const byMouse: Press = async (page, name) => page.getByRole("button", { name }).first().click();

export const byKeyboard: Press = async (page, name) => {
  await tabTo(page, page.getByRole("button", { name }).first());
  await Promise.all([page.waitForLoadState("load"), page.keyboard.press("Enter")]);
};

export async function title(page: Page, name: string | RegExp): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name, { timeout: 15_000 });
}

/** Chooses one answer of each question on the page. */
export async function answer(page: Page): Promise<void> {
  for (const group of await page.locator("fieldset").all()) {
    const known = group.getByRole("radio").and(page.getByLabel(new RegExp(ANSWERS.map((one) => one.replace("$", "\\$")).join("|"))));
    const second = group.getByRole("radio").nth(1);
    await ((await known.count()) > 0 ? known.first() : second).check();
  }
}

/** Takes what is offered where that is possible, else leaves. */
export async function bargain(page: Page, press: Press): Promise<void> {
  await expect(page.getByText("Your turn.")).toBeVisible({ timeout: 20_000 });
  await page.getByRole("textbox", { name: "What you say" }).fill("That is fine with me.");
  const accept = page.getByRole("button", { name: /^Accept/ });
  if ((await accept.count()) > 0) await press(page, /^Accept/);
  const refused = page.getByText("beyond your own limit");
  const answered = async () => (await refused.count()) > 0 || (await page.getByText("Your turn.").count()) === 0;
  await expect.poll(answered, { timeout: 15_000 }).toBe(true);
  if ((await refused.count()) > 0) {
    await expect(page.getByRole("textbox", { name: "What you say" })).toHaveValue("That is fine with me.");
    await page.locator("summary", { hasText: "Leave without a deal" }).click();
    await page.getByRole("button", { name: "Leave without a deal" }).click();
  }
}

