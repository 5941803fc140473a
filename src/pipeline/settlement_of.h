// What every settlement of a job says about it, whatever became of it.
#pragma once

#include "model/job.h"
#include "model/settlement.h"

namespace muster::pipeline {

[[nodiscard]] inline Settlement settlement_of(Slot slot, const Job& job) {
  Settlement settlement;
  settlement.slot = slot;
  settlement.invitation = job.invitation;
  settlement.page = job.page;
  settlement.task = job.task;
  settlement.from_exception = job.from_exception;
  settlement.in_doubt = job.in_doubt;
  settlement.generation = job.generation;
  return settlement;
}

}  // namespace muster::pipeline
