/**
 * What the tests of segmentation and coalescing call. Compiled for the tests only.
 */
import { Device } from "../../core-as/tables/devices";
import * as devices from "../../core-as/tables/devices";
import * as orders from "../../core-as/tables/orders";
import * as segmentation from "../../core-as/encap/segmentation";

/** Memory for a test's own bytes; it is never given back. */
export function allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function start(outputBytes: u32, slotBytes: u32): void {
  orders.start(outputBytes, slotBytes);
}

/** The device takes these large packets (DeviceOffload). */
export function setOffload(device: u32, offload: u32): void {
  const record: Device = devices.at(device);
  record.kind = 1;
  record.offload = offload;
}

export function segments(packet: usize, length: u32): u32 {
  return <u32>segmentation.begin(packet, length);
}

export { length as orderCount, pointer as ordersPointer, reset as resetOrders, hasRoom } from "../../core-as/tables/orders";
export {
  abandon, advance, isUnfinished, lead, leadLength, leads, next, nextTrain, octetsSent, packetLength, packetsSent, trainLength,
} from "../../core-as/encap/segmentation";
export { flush, put } from "../../core-as/encap/coalescing";
