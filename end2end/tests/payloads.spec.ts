import { expect, test } from "@playwright/test";
import { spellings } from "../harness/payloads";

test("an amount is found however it is written, and not inside another number", () => {
  const found: Array<[number, string]> = [
    [123_450, '{"limit":123450}'],
    [123_450, "[5,123450,7]"],
    [123_450, "for $123.45 today"],
    [123_450, "123.450"],
    [123_450, "12345"],
    [123_450, "at 123,45"],
    [123_450, '"talk":"so:\\n123.45"'],
    [123_450, '"\\u00a0123.45"'],
    [1_234_500, "$1,234.50"],
    [1_234_500, "1.234,5"],
    [50_000, "$50 is fine."],
    [50_000, "$50.00, please"],
    [50_000, "50 bucks"],
    [1_188_000, "$ 1,188, not more"],
    [98_765, "98.765"],
  ];
  const absent: Array<[number, string]> = [
    [123_450, "1123.45"],
    [123_450, "123.456"],
    [123_450, "123450123"],
    [123_450, "a1b2-x123450"],
    [123_450, "0.12345"],
    [50_000, "$50.01"],
    [188_000, '{"day":-188}'],
    [50_000, "$50,123"],
    [98_765, "$98.77"],
  ];
  for (const [mills, text] of found) expect(text).toMatch(spellings(mills));
  for (const [mills, text] of absent) expect(text).not.toMatch(spellings(mills));
});
