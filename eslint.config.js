import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'runs', 'src/compile/onnx/onnx_pb.ts', '*.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'off', // indexing checked by construction: noUncheckedIndexedAccess asks for many
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off', // tfjs hands back its backends by their base class
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off', // rows of tables state their types once
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness is an argument: use src/random.ts.' },
      ],
      'no-restricted-globals': ['error', { name: 'eval', message: 'Formulas go through src/expression.ts.' }],
    },
  },
)
