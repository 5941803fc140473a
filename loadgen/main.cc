#include "loadgen/program.h"

int main(int count, char** arguments) {
  return muster::loadgen::run_program(count, arguments);
}
