/** Where an application writes: what `aloha logs` shows. */
export interface ApplicationOutput {
  /** Writes text as it is to stdout; add the line's end yourself. */
  stdout(text: string | Uint8Array): void;
  /** The same for stderr. */
  stderr(text: string | Uint8Array): void;
  /**
   * Whether stdout and stderr of this very process are those of the application, so that processes it
   * starts may inherit them. False where applications share a host.
   */
  readonly isProcessOutput: boolean;
}

/**
 * What the host tells an application beside the interface of `Application`. Optional: the host calls
 * `withContext` where a class has it, before `start()`.
 */
export interface ApplicationContext {
  /** Names this attempt in the whole cluster: the ALOHA_ATTEMPT of a program. */
  readonly attempt: string;
  readonly appId: string;
  /** 1 for the first attempt. */
  readonly attemptNumber: number;
  readonly output: ApplicationOutput;
}
