/**
 * Takes the place of the AsyncLocalStorage by which Jest knows the current test. That one makes Node 20 and 22 follow every
 * promise of the process by async_hooks, which costs about a tenth of the CPU time of the tests. Jest needs it for tests
 * that run at the same time (`test.concurrent`). Here one test runs after the other, so the one that began last is the
 * current one.
 */
class CurrentTest {
  current = undefined;

  getStore() {
    return this.current;
  }

  run(store, act, ...args) {
    const outer = this.current;
    const goBack = () => {
      this.current = outer;
    };
    this.current = store;
    let result;
    try {
      result = act(...args);
    } catch (error) {
      goBack();
      throw error;
    }
    if (typeof result?.then === 'function') return result.finally(goBack);
    goBack();
    return result;
  }
}

module.exports = { CurrentTest };
