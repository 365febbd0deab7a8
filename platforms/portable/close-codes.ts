/** Why WebSockets are closed (RFC 6455 §7.4.1). */
export const GOING_AWAY = 1001;
export const UNSUPPORTED_DATA = 1003;
export const POLICY_VIOLATION = 1008;
export const MESSAGE_TOO_BIG = 1009;
