import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { accessGuard } from "../../../src/rest/access/guard-access.ts";
import { roles, type Role } from "../../../src/rest/access/rest-access.ts";

const sha256 = (token: string): string => createHash("sha256").update(token).digest("hex");
const tokens = roles.map((role) => ({ name: `the ${role}`, role, sha256: sha256(`t-${role}`) }));
const guard = accessGuard({ tokens, submissionsTrust: ["10.1.0.0/16", "192.168.7.7", "fd00::/8"] });

function status(request: {
  readonly method?: string;
  readonly path: string;
  readonly token?: string | null;
  readonly from?: string;
}): number {
  const { method = "GET", path, token = null, from = "203.0.113.5" } = request;
  try {
    guard({
      method,
      path,
      authorization: token === null ? undefined : `Bearer ${token}`,
      remoteAddress: from,
    });
    return 200;
  } catch (error) {
    return (error as { readonly status: number }).status;
  }
}

const least = (method: string, path: string): Role | undefined =>
  roles.find((role) => status({ method, path, token: `t-${role}` }) === 200);

describe("a token", () => {
  it.each([
    ["GET", "/api/v1/applications", "viewer"],
    ["GET", "/v1/submissions/status/app-1", "viewer"],
    ["POST", "/api/v1/applications", "submitter"],
    ["POST", "/api/v1/applications/app-1/kill", "submitter"],
    ["POST", "/v1/submissions/create", "submitter"],
    ["POST", "/v1/submissions/kill/app-1", "submitter"],
    ["POST", "/v1/submissions/killall", "operator"],
    ["POST", "/v1/submissions/clear", "operator"],
    ["POST", "/api/v1/workers/worker-1/drain", "operator"],
    ["POST", "/v1/submissions/kill%61ll", "operator"],
    ["POST", "/api/v1/%61pplications", "submitter"],
    ["POST", "/api/v1/%", "operator"],
    ["POST", "/anything", "operator"],
  ])("%s %s takes a %s at least", (method, path, role) => {
    expect(least(method, path)).toBe(role);
  });

  it("is asked for everywhere but where health is", () => {
    expect(status({ path: "/healthz" })).toBe(200);
    expect(status({ path: "/readyz" })).toBe(200);
    expect(status({ path: "/api/v1/applications" })).toBe(401);
    expect(status({ path: "/nothing/here" })).toBe(401);
  });

  it("that is not known is refused, and so is everything that only looks like one", () => {
    expect(status({ path: "/api/v1/workers", token: "t-nobody" })).toBe(401);
    expect(status({ path: "/api/v1/workers", token: "" })).toBe(401);
    expect(status({ path: "/api/v1/workers", token: "t-viewer x" })).toBe(401);
    expect(() =>
      guard({
        method: "GET",
        path: "/api/v1/workers",
        authorization: "Basic t-admin",
        remoteAddress: undefined,
      }),
    ).toThrow("asks for a token");
  });
});

describe("a trusted network", () => {
  it.each(["10.1.2.3", "::ffff:10.1.2.3", "192.168.7.7", "fd00::12"])(
    "%s may submit and ask in the submissions protocol, without a token",
    (from) => {
      expect(status({ method: "POST", path: "/v1/submissions/create", from })).toBe(200);
      expect(status({ path: "/v1/submissions/status/app-1", from })).toBe(200);
    },
  );

  it("may do no more than that", () => {
    expect(status({ method: "POST", path: "/v1/submissions/killall", from: "10.1.2.3" })).toBe(401);
    expect(status({ path: "/api/v1/applications", from: "10.1.2.3" })).toBe(401);
    expect(status({ path: "/v1/submissions/status/app-1", from: "10.2.0.1" })).toBe(401);
  });

  it.each(["10.0.0.0/33", "10.0.0.0/", "localhost", "10.0.0.0/8/8x", "::/129"])(
    "%s is none, and said to be so",
    (network) => {
      expect(() => accessGuard({ tokens: [], submissionsTrust: [network] })).toThrow(
        "is no network",
      );
    },
  );
});
