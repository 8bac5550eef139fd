import type { ResolveHook } from "node:module";

/**
 * A hook of Node's module loader (`module.register`): what the code of an application finds nowhere, and is
 * the host's own SDK, is found there. So a single file is an application, without a node_modules beside it.
 */
export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!/^@aloha\/sdk(\/|$)/.test(specifier)) throw error;
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
};
