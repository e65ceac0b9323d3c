import type { Page } from "@playwright/test";
import { expect, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { tabTo } from "../harness/keyboard";
import { Souk } from "../harness/souk";

const ANSWERS = ["Fluently", "No, not before the end", "$55", "Nothing"];

/** Presses what leads on, by mouse or by keyboard alone. */
type Press = (page: Page, name: string | RegExp) => Promise<void>;

const byMouse: Press = async (page, name) => page.getByRole("button", { name }).first().click();

const byKeyboard: Press = async (page, name) => {
  await tabTo(page, page.getByRole("button", { name }).first());
  await Promise.all([page.waitForLoadState("load"), page.keyboard.press("Enter")]);
};

async function title(page: Page, name: string | RegExp): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name, { timeout: 15_000 });
}

/** Chooses one answer of each question on the page. */
async function answer(page: Page): Promise<void> {
  for (const group of await page.locator("fieldset").all()) {
    const known = group.getByRole("radio").and(page.getByLabel(new RegExp(ANSWERS.map((one) => one.replace("$", "\\$")).join("|"))));
    const second = group.getByRole("radio").nth(1);
    await ((await known.count()) > 0 ? known.first() : second).check();
  }
}

/** Takes what is offered where that is possible, else leaves. */
async function bargain(page: Page, press: Press): Promise<void> {
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

async function take(page: Page, id: string, press: Press, look?: (name: string) => Promise<void>): Promise<void> {
  const seen = look ?? (async () => {});
  await page.goto(`/s/selling?PROLIFIC_PID=${id}&STUDY_ID=s&SESSION_ID=t&language=en`);
  await press(page, "Begin");
  await title(page, "Consent");
  await seen("consent");
  await press(page, "I have read this, and take part");
  await title(page, "About you");
  await page.getByRole("textbox", { name: /How old are you/ }).fill("30");
  await answer(page);
  await seen("eligibility");
  await press(page, "Send the answers");
  await title(page, "How it works");
  await press(page, "I have read this");
  await title(page, "Practice");
  if (look) {
    await press(page, "Begin the practice");
    await expect(page.getByText("Your turn.")).toBeVisible({ timeout: 20_000 });
    await seen("practice");
    await bargain(page, press);
    await press(page, "Go on");
  } else {
    await press(page, "Skip it");
  }
  await title(page, "A few questions before it begins");
  await answer(page);
  await seen("quiz");
  await press(page, "Send the answers");
  for (const n of [1, 2]) {
    await title(page, `Talk ${n} of 2`);
    await press(page, "Begin this talk");
    await expect(page.getByText("Your turn.")).toBeVisible({ timeout: 20_000 });
    if (n === 1) await seen("talk");
    await bargain(page, press);
  }
  await title(page, "Some questions at the end");
  await answer(page);
  if (look) {
    // More time leaves what is written as it is.
    await page.getByRole("textbox", { name: /What else/ }).fill("It went quickly.");
    const until = await page.getByRole("main").getAttribute("data-until");
    await page.getByRole("button", { name: "More time" }).click();
    await expect(page.getByRole("main")).not.toHaveAttribute("data-until", until ?? "");
    await expect(page.getByRole("textbox", { name: /What else/ })).toHaveValue("It went quickly.");
  }
  await seen("survey");
  await press(page, "Send the answers");
  await title(page, "What this was about");
  await seen("debrief");
  await press(page, "Finish, and get the code");
  await title(page, "Thank you");
  await expect(page.getByText("You have completed the study.")).toBeVisible();
  await seen("over");
}

test.describe.configure({ mode: "serial" });
// What is refused is answered as such: 422, with the page again.
test.use({ expectedConsole: /422|409 \(Conflict\)/ });

test("from an empty database to a launched study, four participants, results, payments, erasure", async ({ visitor }) => {
  test.setTimeout(480_000);
  const souk = await Souk.start("studies", { SOUK_STUDY_THINK_MS: "0" });
  const desk = await visitor({ baseURL: souk.url });
  await open(desk, new URL(souk.signInLink()).pathname);
  await desk.getByRole("button", { name: "Sign in", exact: true }).click();
  await desk.waitForURL("**/research");
  await desk.getByRole("link", { name: "See the studies" }).click();
  await expect(desk.getByText("No study yet.")).toBeVisible();
  await desk.getByRole("textbox", { name: "Name in addresses" }).fill("selling");
  await desk.getByRole("button", { name: "Make a draft" }).click();
  await expect(desk.getByText("there is no negotiator CHECKPOINT")).toBeVisible();
  await desk.getByRole("link", { name: "Change the file" }).click();
  const file = desk.getByRole("textbox", { name: /The study, as TOML/ });
  const ready = await file.inputValue();
  const scripts = ready
    .replace('negotiator = "CHECKPOINT"', 'negotiator = "linear"')
    .replace('negotiator = "demo"', 'negotiator = "conceder"')
    .replace("negotiations = 3", "negotiations = 2")
    .replace("faster_than_s = 120", "faster_than_s = 1");
  await file.fill(scripts);
  await desk.getByRole("textbox", { name: "What is changed" }).fill("two scripts");
  await desk.getByRole("button", { name: "Keep this version" }).click();
  await expect(desk.getByText("Version 2, two scripts")).toBeVisible();
  await inspect(desk, "study-file");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.getByRole("link", { name: "Overview" }).click();
  await expect(desk.getByText("The file is complete.")).toBeVisible();
  await inspect(desk, "study-draft");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.locator("summary", { hasText: "Launch" }).click();
  await desk.getByRole("button", { name: "Yes, launch it" }).click();
  await expect(desk.getByRole("heading", { name: "Preregistration" })).toBeVisible();
  const home = desk.url().split("?")[0] ?? "";

  const looked = await visitor({ baseURL: souk.url });
  await take(looked, "p1", byMouse, async (name) => {
    await inspect(looked, `study-${name}`);
    await looked.setViewportSize({ width: 1280, height: 800 });
  });
  const keyed = await visitor({ baseURL: souk.url });
  await take(keyed, "p2", byKeyboard);
  for (const id of ["p3", "p4"]) {
    const page = await visitor({ baseURL: souk.url, locale: "de-DE", javaScriptEnabled: id === "p3" });
    if (id === "p3") await take(page, id, byMouse);
    else {
      // Without scripts, and in the other language.
      await page.goto(`/s/selling?PROLIFIC_PID=${id}&STUDY_ID=s&SESSION_ID=t`);
      await byMouse(page, "Beginnen");
      await title(page, "Einwilligung");
      await byMouse(page, "Ich nehme nicht teil");
      await title(page, "Vielen Dank");
    }
  }

  await open(desk, `${home}?view=participants`);
  await expect(desk.getByRole("cell", { name: "over: complete" })).toHaveCount(3);
  await expect(desk.getByRole("cell", { name: "over: declined" })).toHaveCount(1);
  await inspect(desk, "study-participants");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.getByRole("link", { name: "Results" }).click();
  await expect(desk.getByRole("table").first()).toContainText("base");
  await inspect(desk, "study-results");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.getByRole("link", { name: "Pay and privacy" }).click();
  const downloading = desk.waitForEvent("download");
  await desk.getByRole("button", { name: "Make the file for the platforms" }).click();
  const paid = await (await downloading).createReadStream();
  let csv = "";
  for await (const part of paid) csv += part;
  expect(csv.trim().split("\n")).toHaveLength(4);
  expect(csv).toContain("prolific,p1,t,complete,2.50,");
  await open(desk, `${home}?view=payments`);
  await inspect(desk, "study-payments");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.locator("summary", { hasText: "Erase all identities" }).click();
  await desk.getByRole("button", { name: "Yes, erase them" }).click();
  await expect(desk.getByText("All identities are erased.")).toBeVisible();
  await souk.remove();
});
