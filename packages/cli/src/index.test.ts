import * as door from './index';

test('the public door', () => {
  expect(Object.keys(door).sort()).toMatchSnapshot();
});
