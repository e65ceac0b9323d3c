import type { Page } from "@playwright/test";
import { expect, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";
import { tabTo } from "../harness/keyboard";
import { Souk } from "../harness/souk";
import { type Press, answer, bargain, byKeyboard, byMouse, makeDraft, title } from "../harness/study";

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

async function byKeyboardLink(page: Page, name: string): Promise<void> {
  await tabTo(page, page.getByRole("link", { name }));
  await page.keyboard.press("Enter");
  await title(page, "Base against RLVR-trained");
}

test.describe.configure({ mode: "serial" });
// What is refused is answered as such: 422, with the page again.
test.use({ expectedConsole: /422|409 \(Conflict\)/ });

test("from an empty database to a launched study, four participants, results, payments, erasure", async ({ visitor }) => {
  test.setTimeout(480_000);
  const souk = await Souk.start("studies", { SOUK_STUDY_THINK_MS: "0" });
  const desk = await visitor({ baseURL: souk.url });
  await makeDraft(desk, souk, "selling");
  // By forms first, by keyboard alone: what is to be mended says where.
  await byKeyboardLink(desk, "conditions[1].opponent");
  await expect(desk.getByText("there is no negotiator CHECKPOINT")).toBeVisible();
  await desk.getByRole("combobox", { name: "Across the table" }).nth(1).selectOption("linear");
  await desk.getByRole("combobox", { name: "Across the table" }).nth(0).selectOption("conceder");
  await desk.getByRole("textbox", { name: "Name", exact: true }).first().focus();
  await desk.keyboard.press("Enter");
  await expect(desk.getByText("there is no negotiator CHECKPOINT")).toHaveCount(0);
  await inspect(desk, "study-build");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.getByRole("link", { name: "Survey", exact: true }).click();
  await desk.getByRole("button", { name: "Add a question" }).click();
  await expect(desk.getByText("Question 10: question_10")).toBeVisible();
  await expect(desk.getByRole("link", { name: /Survey.*to mend/ })).toBeVisible();
  await inspect(desk, "study-build-survey");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.locator("fieldset", { hasText: "Question 10" }).getByRole("button", { name: "Remove", exact: true }).click();
  await expect(desk.getByText("Question 10: question_10")).toHaveCount(0);
  await desk.getByRole("link", { name: "File", exact: true }).click();
  const file = desk.getByRole("textbox", { name: /The study, as TOML/ });
  const ready = await file.inputValue();
  const scripts = ready
    .replace("negotiations = 3", "negotiations = 2")
    .replace("faster_than_s = 120", "faster_than_s = 1");
  await file.fill(scripts);
  await desk.getByRole("textbox", { name: "What is changed" }).fill("two scripts");
  await desk.getByRole("button", { name: "Keep this version" }).click();
  await expect(desk.getByText(/Version \d+, two scripts/)).toBeVisible();
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
  const all = desk.getByRole("region", { name: "Participants", exact: true });
  await all.getByRole("row", { name: /over: complete/ }).first().getByRole("link").first().click();
  await expect(desk.getByRole("heading", { name: /^Participant / })).toBeVisible();
  await expect(desk.getByText("passed the quiz")).toBeVisible();
  await inspect(desk, "study-participant");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.getByRole("link", { name: "Results" }).click();
  await expect(desk.getByRole("table").first()).toContainText("base");
  await inspect(desk, "study-results");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.getByRole("link", { name: "Pay and privacy" }).click();
  const downloading = desk.waitForEvent("download");
  await desk.getByRole("button", { name: /Make the file for Prolific/ }).click();
  const paid = await (await downloading).createReadStream();
  let csv = "";
  for await (const part of paid) csv += part;
  // Bonuses: what approving a submission does not pay.
  for (const line of csv.trim().split("\n")) expect(line).toMatch(/^p[123],\d+\.\d\d$/);
  await open(desk, `${home}?view=payments`);
  await inspect(desk, "study-payments");
  await desk.setViewportSize({ width: 1280, height: 800 });
  await desk.locator("summary", { hasText: "Erase all identities" }).click();
  await desk.getByRole("button", { name: "Yes, erase them" }).click();
  await expect(desk.getByText("All identities are erased.")).toBeVisible();
  await souk.remove();
});
