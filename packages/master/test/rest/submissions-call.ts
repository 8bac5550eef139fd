/** What came back of one exchange. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly allow: string | null;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One exchange of the submissions protocol. A body that is no text is sent as JSON. */
export async function callSubmissions(
  url: string,
  method: "GET" | "POST" | "PUT" | "DELETE" = "GET",
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method,
    headers,
    ...(text === undefined ? {} : { body: text }),
  });
  const answer = await response.text();
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    allow: response.headers.get("allow"),
    text: answer,
    body: JSON.parse(answer) as Readonly<Record<string, unknown>>,
  };
}
