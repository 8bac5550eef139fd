/** Where applications are submitted to, below a master's URL. */
export const applicationsPath = "/api/v1/applications";
