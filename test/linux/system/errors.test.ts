import { describe, expect, it } from "vitest";
import { errnoName, SystemError, tolerate } from "../../../platforms/linux/system/errors.ts";

describe("errors of system calls", () => {
  it.each([
    [1, "EPERM"],
    [11, "EAGAIN"], // also EWOULDBLOCK
    [95, "EOPNOTSUPP"], // also ENOTSUP
    [530, "errno 530"],
  ])("names errno %i %s", (errno, name) => {
    expect(errnoName(errno)).toBe(name);
  });

  it("tolerates what is named, and nothing else", () => {
    const refuse = (errno: number) => () => {
      throw new SystemError("ioctl", errno);
    };
    tolerate(["EOPNOTSUPP"], refuse(95));
    expect(() => tolerate(["EOPNOTSUPP"], refuse(1))).toThrow(/^ioctl: EPERM; /);
  });
});
