/** The label by which an onlooker knows which request made an application, whatever the master remembers of it. */
export const requestLabel = "request";
