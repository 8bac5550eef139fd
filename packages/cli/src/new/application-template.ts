/** What a new application is made from. */
export interface TemplateOptions {
  /** Lower-case words joined by dashes: the name of the package, the module, and the application. */
  readonly name: string;
  /** Absolute path of the application's directory. */
  readonly directory: string;
  /** Absolute path of the installed `@aloha/sdk`. */
  readonly sdkPath: string;
}

export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/** The files of a new application in TypeScript: it compiles, and its tests pass. */
export function applicationTemplate(options: TemplateOptions): readonly TemplateFile[] {
  const { name } = options;
  return [
    { path: "package.json", text: packageJson(options) },
    { path: "tsconfig.json", text: tsconfig },
    { path: ".gitignore", text: "dist/\nnode_modules/\n" },
    { path: `src/${name}.ts`, text: source(options) },
    { path: `test/${name}.test.ts`, text: test(options) },
    { path: `${name}.yaml`, text: description(options) },
    { path: "README.md", text: readme(options) },
  ];
}

/** `nightly-orders` becomes `NightlyOrders`. */
export function classNameOf(name: string): string {
  return name
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

function packageJson({ name, sdkPath }: TemplateOptions): string {
  const manifest = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    exports: `./dist/src/${name}.js`,
    scripts: { build: "tsc", test: `tsc && node --test dist/test/${name}.test.js` },
    dependencies: { "@aloha/sdk": `file:${sdkPath}` },
    devDependencies: { "@types/node": ">=20.19", typescript: ">=5.7" },
    engines: { node: ">=20.19" },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const tsconfig = `${JSON.stringify(
  {
    compilerOptions: {
      target: "es2023",
      lib: ["es2023", "esnext.disposable"],
      module: "nodenext",
      types: ["node"],
      rootDir: ".",
      outDir: "dist",
      sourceMap: true,
      strict: true,
      skipLibCheck: true,
    },
    include: ["src", "test"],
  },
  null,
  2,
)}\n`;

function source({ name }: TemplateOptions): string {
  return `import { setTimeout as pause } from "node:timers/promises";
import { AbstractApplication, ExitState } from "@aloha/sdk";

/** Says how often it was told to (\`args\`), once in a while (\`labels.pause\`, in milliseconds). */
export class ${classNameOf(name)} extends AbstractApplication {
  async start(): Promise<ExitState> {
    const times = Number(this.description.args);
    if (!Number.isInteger(times) || times < 1) {
      return ExitState.failed(\`args must be a whole number from 1, not "\${String(this.description.args)}"\`);
    }
    const pauseMs = Number(this.description.labels["pause"] ?? 1000);
    for (let time = 1; time <= times; time++) {
      this.log(\`${name}: \${time} of \${times}\`);
      try {
        await pause(pauseMs, undefined, { signal: this.signal });
      } catch {
        // \`aloha stop\` was called: end in order, within the grace period.
        return ExitState.failed(\`stopped after \${time} of \${times}\`);
      }
    }
    return ExitState.finished(\`did it \${times} times\`);
  }
}
`;
}

function test({ name }: TemplateOptions): string {
  const className = classNameOf(name);
  return `import assert from "node:assert/strict";
import { test } from "node:test";
import { runToEnd, startApplication } from "@aloha/sdk/testing";
import { ${className} } from "../src/${name}.js";

test("it does as often as it is told, and says so", async () => {
  const end = await runToEnd(${className}, { description: { args: "2", labels: { pause: "1" } } });
  assert.equal(end.exitCode, 0);
  assert.equal(end.message, "did it 2 times");
  assert.equal(end.stdout, "${name}: 1 of 2\\n${name}: 2 of 2\\n");
});

test("it ends soon when it is stopped", async () => {
  const application = startApplication(${className}, { description: { args: "1000" } });
  await application.output.until("1 of 1000");
  const end = await application.stop();
  assert.match(end.message ?? "", /^stopped after/);
  await application[Symbol.asyncDispose]();
});

test("it refuses what is no number", async () => {
  const end = await runToEnd(${className}, { description: { args: "often" } });
  assert.equal(end.exitCode, 1);
});
`;
}

function description({ name, directory }: TemplateOptions): string {
  return `name: ${name}
entryPoint: ${name}#${classNameOf(name)}
libs: [${JSON.stringify(directory)}] # where the code is, on every worker that may run it
args: "5"
cores: 0.1
memory: 256MiB
`;
}

function readme({ name }: TemplateOptions): string {
  return `# ${name}

An application for Aloha. \`src/${name}.ts\` is what runs, \`test\` runs it without a cluster, \`${name}.yaml\` describes
it for one.

\`\`\`sh
npm install
npm test
aloha dev                              # a cluster on this machine, in another terminal
aloha submit -f ${name}.yaml --follow
\`\`\`

The class has one method to write, \`start()\`. What its promise is resolved with is how the application ends; whatever is
thrown is a failure with a message. \`this.description\` is what was submitted, \`this.signal\` is aborted when it is to stop,
\`this.log()\` and \`console.log()\` are what \`aloha logs\` shows.
`;
}
