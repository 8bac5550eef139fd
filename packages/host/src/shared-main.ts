import { runShared } from "./shared/run-shared.ts";

// `node shared-main.js`: runs what the supervisor behind ALOHA_HOST_SOCKET hands over, in the name of ALOHA_ATTEMPT.
runShared(process.env["ALOHA_HOST_SOCKET"] ?? "", process.env["ALOHA_ATTEMPT"] ?? "");
