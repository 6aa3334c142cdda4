// Sets math for the build. One JSON request a line on stdin, one answer a line on stdout.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

// Resolved from the folder given, so that the file may lie anywhere.
const katex = createRequire(process.argv[2] + "/")("katex");

for await (const line of createInterface({ input: process.stdin })) {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    answer = { html: katex.renderToString(tex, {
      displayMode: display,
      output: "htmlAndMathml",
      throwOnError: true,
      strict: "error",
      trust: false,
    }) };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
